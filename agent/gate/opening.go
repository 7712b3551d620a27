package gate

import (
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// The reasons of the condition.
const (
	// ReasonRouted: new connections on the node reach the pod.
	ReasonRouted = "Routed"
	// ReasonSuperseded: a newer pod of the same controller takes new connections.
	ReasonSuperseded = "Superseded"
	// ReasonNotSelected: no Service that is the agent's has the pod as an endpoint.
	ReasonNotSelected = "NotSelected"
	// ReasonMapFull: the datapath has no room for the Service, so the cluster's
	// proxy carries it, and that one waits for the pod to be Ready.
	ReasonMapFull = "MapFull"
)

// Opening is one pod whose gate is to be opened.
type Opening struct {
	Pod types.NamespacedName
	// UID keeps the condition from a successor of the same name.
	UID types.UID
	// Reason is one of the constants; Message says it to people.
	Reason, Message string
	// Seen is when the pod was seen to be fit (ContainersReady), Committed when
	// the datapath had it. Their distance, and how long the API server took, are measured.
	Seen, Committed time.Time
}

// patch is a strategic merge: the condition is merged by its type, and the rest
// of the status, which is the kubelet's, stays. The UID makes the API server
// refuse it (409) if the pod is another by now.
func (o *Opening) patch(now time.Time) ([]byte, error) {
	type condition struct {
		Type               corev1.PodConditionType `json:"type"`
		Status             corev1.ConditionStatus  `json:"status"`
		Reason             string                  `json:"reason"`
		Message            string                  `json:"message"`
		LastTransitionTime metav1.Time             `json:"lastTransitionTime"`
	}
	type metadata struct {
		UID types.UID `json:"uid"`
	}
	type status struct {
		Conditions []condition `json:"conditions"`
	}
	body, err := json.Marshal(struct {
		Metadata metadata `json:"metadata"`
		Status   status   `json:"status"`
	}{
		metadata{o.UID},
		status{[]condition{{
			v1alpha1.ReadinessGateRouted, corev1.ConditionTrue, o.Reason, o.Message, metav1.NewTime(now),
		}}},
	})
	if err != nil {
		return nil, fmt.Errorf("writing the condition %s: %w", v1alpha1.ReadinessGateRouted, err)
	}
	return body, nil
}
