package deadline

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// waiter is a pod that lacks nothing but its agent's word.
type waiter struct {
	types.NamespacedName
	uid     types.UID
	version string // metadata.resourceVersion
	node    string
	since   time.Time
}

// waits says since when a pod of the DaemonSet has waited for its agent, if it
// does.
func waits(pod *corev1.Pod, daemonSet types.UID) (waiter, bool) {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil || owner.UID != daemonSet || pod.DeletionTimestamp != nil || pod.Spec.NodeName == "" || !gated(pod.Spec.ReadinessGates) {
		return waiter{}, false
	}
	containers := condition(pod, corev1.ContainersReady)
	if !isTrue(containers) || isTrue(condition(pod, v1alpha1.ReadinessGateRouted)) {
		return waiter{}, false
	}
	return waiter{
		NamespacedName: types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name},
		uid:            pod.UID, version: pod.ResourceVersion,
		node: pod.Spec.NodeName, since: containers.LastTransitionTime.Time,
	}, true
}

func condition(pod *corev1.Pod, name corev1.PodConditionType) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if pod.Status.Conditions[i].Type == name {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

func isTrue(c *corev1.PodCondition) bool { return c != nil && c.Status == corev1.ConditionTrue }
