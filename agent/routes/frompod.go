package routes

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// FromPod is what decisions read of a pod.
func FromPod(pod *corev1.Pod) *Pod {
	p := &Pod{
		NamespacedName:  types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name},
		UID:             pod.UID,
		Labels:          LabelsOf(pod.Labels),
		Created:         pod.CreationTimestamp.UTC(),
		IPs:             podIPs(&pod.Status),
		Ports:           containerPorts(&pod.Spec),
		Ready:           holds(pod, corev1.PodReady),
		ContainersReady: holds(pod, corev1.ContainersReady),
		OtherGatesReady: true,
		Terminating:     pod.DeletionTimestamp != nil,
		Finished:        pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed,
		Routed:          holds(pod, v1alpha1.ReadinessGateRouted),
	}
	for _, gate := range pod.Spec.ReadinessGates {
		if gate.ConditionType == v1alpha1.ReadinessGateRouted {
			p.Gated = true
		} else if !holds(pod, gate.ConditionType) {
			p.OtherGatesReady = false
		}
	}
	// The kind of any group: DaemonSets of other operators surge as well.
	if owner := metav1.GetControllerOfNoCopy(pod); owner != nil && owner.Kind == "DaemonSet" {
		p.Controller = owner.UID
	}
	return p
}

// holds reports whether a condition of the pod is true.
func holds(pod *corev1.Pod, condition corev1.PodConditionType) bool {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == condition {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func podIPs(status *corev1.PodStatus) []netip.Addr {
	texts := make([]string, 0, 2)
	for _, ip := range status.PodIPs {
		texts = append(texts, ip.IP)
	}
	if len(texts) == 0 {
		texts = append(texts, status.PodIP)
	}
	return addresses(texts)
}

// containerPorts are the named ports, in the order in which a name is looked up:
// containers, then sidecars (KEP-753), as the EndpointSlice controller does.
func containerPorts(spec *corev1.PodSpec) []ContainerPort {
	var all []ContainerPort
	add := func(c *corev1.Container) {
		for i := range c.Ports {
			port := &c.Ports[i]
			if protocol, known := protocolOf(port.Protocol); known && port.Name != "" && isPort(port.ContainerPort) {
				all = append(all, ContainerPort{Name: port.Name, Protocol: protocol, Port: uint16(port.ContainerPort)})
			}
		}
	}
	for i := range spec.Containers {
		add(&spec.Containers[i])
	}
	for i := range spec.InitContainers {
		if c := &spec.InitContainers[i]; c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			add(c)
		}
	}
	return all
}
