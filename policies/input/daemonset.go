package input

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// DaemonSet is what is read of appsv1.DaemonSet.
type DaemonSet struct {
	TypeMeta
	Metadata Metadata      `json:"metadata"`
	Spec     DaemonSetSpec `json:"spec"`
}

// DaemonSetSpec is what is read of appsv1.DaemonSetSpec.
type DaemonSetSpec struct {
	Selector        *metav1.LabelSelector `json:"selector,omitempty"`
	Template        PodTemplate           `json:"template"`
	UpdateStrategy  *UpdateStrategy       `json:"updateStrategy,omitempty"`
	MinReadySeconds int32                 `json:"minReadySeconds,omitempty"`
}

// UpdateStrategy is appsv1.DaemonSetUpdateStrategy.
type UpdateStrategy struct {
	Type          string         `json:"type,omitempty"`
	RollingUpdate *RollingUpdate `json:"rollingUpdate,omitempty"`
}

// RollingUpdate is appsv1.RollingUpdateDaemonSet (KEP-1591: exactly one of the
// two may be other than zero).
type RollingUpdate struct {
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	MaxSurge       *intstr.IntOrString `json:"maxSurge,omitempty"`
}

// Kind is v1alpha1.KindDaemonSet.
func (*DaemonSet) Kind() v1alpha1.Kind { return v1alpha1.KindDaemonSet }

// Meta is the DaemonSet's metadata.
func (d *DaemonSet) Meta() *Metadata { return &d.Metadata }

// Surges reports whether a rollout starts a node's new pod before it deletes the
// old one (KEP-1591, Kubernetes 1.25).
func (d *DaemonSet) Surges() bool {
	strategy := d.Spec.UpdateStrategy
	if strategy == nil || strategy.Type == "OnDelete" || strategy.RollingUpdate == nil || strategy.RollingUpdate.MaxSurge == nil {
		return false
	}
	surge := strategy.RollingUpdate.MaxSurge
	return surge.Type == intstr.Int && surge.IntVal != 0 || surge.Type == intstr.String && surge.StrVal != "0%"
}
