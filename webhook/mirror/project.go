package mirror

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/policies/input"
)

// ProjectService is what decoding the Service's JSON into the projection gives.
func ProjectService(s *corev1.Service) *input.Service {
	p := &input.Service{
		TypeMeta: input.TypeMeta{APIVersion: "v1", KindName: "Service"},
		Metadata: projectMeta(&s.ObjectMeta),
		Spec: input.ServiceSpec{
			Type:                     string(s.Spec.Type),
			ClusterIP:                s.Spec.ClusterIP,
			ExternalName:             s.Spec.ExternalName,
			Selector:                 s.Spec.Selector,
			TrafficDistribution:      s.Spec.TrafficDistribution,
			SessionAffinity:          string(s.Spec.SessionAffinity),
			PublishNotReadyAddresses: s.Spec.PublishNotReadyAddresses,
		},
	}
	if policy := s.Spec.InternalTrafficPolicy; policy != nil {
		p.Spec.InternalTrafficPolicy = new(string(*policy))
	}
	if policy := s.Spec.ExternalTrafficPolicy; policy != "" {
		p.Spec.ExternalTrafficPolicy = new(string(policy))
	}
	p.Spec.Ports = mapped(s.Spec.Ports, func(port *corev1.ServicePort) input.ServicePort {
		return input.ServicePort{
			Name: port.Name, Protocol: string(port.Protocol), Port: port.Port, TargetPort: new(port.TargetPort),
		}
	})
	return p
}

// ProjectDaemonSet is what decoding the DaemonSet's JSON into the projection
// gives.
func ProjectDaemonSet(d *appsv1.DaemonSet) *input.DaemonSet {
	p := &input.DaemonSet{
		TypeMeta: input.TypeMeta{APIVersion: "apps/v1", KindName: "DaemonSet"},
		Metadata: projectMeta(&d.ObjectMeta),
		Spec: input.DaemonSetSpec{
			Selector:        d.Spec.Selector,
			Template:        projectTemplate(&d.Spec.Template),
			UpdateStrategy:  &input.UpdateStrategy{Type: string(d.Spec.UpdateStrategy.Type)},
			MinReadySeconds: d.Spec.MinReadySeconds,
		},
	}
	if rolling := d.Spec.UpdateStrategy.RollingUpdate; rolling != nil {
		p.Spec.UpdateStrategy.RollingUpdate = &input.RollingUpdate{
			MaxUnavailable: rolling.MaxUnavailable, MaxSurge: rolling.MaxSurge,
		}
	}
	return p
}

// ProjectDeployment is the Deployment as a workload.
func ProjectDeployment(d *appsv1.Deployment) *input.Workload {
	return &input.Workload{
		TypeMeta: input.TypeMeta{APIVersion: "apps/v1", KindName: "Deployment"},
		Metadata: projectMeta(&d.ObjectMeta),
		Spec:     input.WorkloadSpec{Template: projectTemplate(&d.Spec.Template)},
	}
}

// ProjectStatefulSet is the StatefulSet as a workload.
func ProjectStatefulSet(s *appsv1.StatefulSet) *input.Workload {
	return &input.Workload{
		TypeMeta: input.TypeMeta{APIVersion: "apps/v1", KindName: "StatefulSet"},
		Metadata: projectMeta(&s.ObjectMeta),
		Spec:     input.WorkloadSpec{Template: projectTemplate(&s.Spec.Template)},
	}
}

func projectMeta(m *metav1.ObjectMeta) input.Metadata {
	p := input.Metadata{
		Name: m.Name, GenerateName: m.GenerateName, Namespace: m.Namespace, Labels: m.Labels, Annotations: m.Annotations,
	}
	if m.DeletionTimestamp != nil {
		p.DeletionTimestamp = m.DeletionTimestamp.UTC().Format(time.RFC3339)
	}
	return p
}
