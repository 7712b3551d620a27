package mutate

import (
	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// DaemonSet decides what is written into a DaemonSet of which words ask. They are
// read from its annotations without errors, and from the policy that it is to
// follow; old is the stored object on an update and nil on a create. Neither
// projection is changed.
//
// `required` and `preferred` are the same here: both want a rollout that starts
// the new pod before it stops the old one (maxSurge, KEP-1591, Kubernetes 1.25).
func DaemonSet(obj, old *input.DaemonSet, words Words, p v1alpha1.Platform) Result {
	after := *obj
	if obj.Metadata.DeletionTimestamp != "" {
		return Result{Object: &after}
	}
	var stored *input.Metadata
	if old != nil {
		stored = &old.Metadata
	}
	e := begin(&obj.Metadata, stored, words.Intent, refuseDaemonSet(obj))
	e.warnIdle(words.Intent)
	after.Spec.UpdateStrategy = e.strategy(obj.Spec.UpdateStrategy, words.Intent)

	pod := &after.Spec.Template.Spec
	drain := words.DrainSeconds
	if e.asked == "" {
		drain = 0
	}
	pod.Containers = e.sleep(pod.Containers, drain)
	e.warnDrain(pod, drain)
	e.grace(pod, drain)
	pod.ReadinessGates = e.gate(pod.ReadinessGates, wantsGate(words.Intent, p))

	after.Metadata.Annotations = e.record(obj.Metadata.Annotations, words.EnforcedBy)
	if old != nil {
		e.warnRollout(pod, &old.Spec.Template.Spec)
	}
	e.Object = &after
	return e.Result
}

// refuseDaemonSet says why a DaemonSet cannot surge, or "".
func refuseDaemonSet(d *input.DaemonSet) string {
	pod := &d.Spec.Template.Spec
	switch {
	case len(pod.Containers) == 0:
		// Only a file can be like this, and may lack every parent too.
		return "its pod template has no containers"
	case d.Spec.UpdateStrategy != nil && d.Spec.UpdateStrategy.Type == "OnDelete":
		return "with updateStrategy OnDelete the old pod is gone before the new one is made"
	case pod.HostNetwork:
		return "with hostNetwork the new pod's ports are taken by the old one"
	}
	for i := range pod.Containers {
		if holdsHostPort(&pod.Containers[i]) {
			return "with a hostPort the new pod cannot be scheduled beside the old one"
		}
	}
	for i := range pod.InitContainers {
		// A sidecar (KEP-753) holds its ports as long as the pod lives.
		if c := &pod.InitContainers[i]; c.RestartPolicy == "Always" && holdsHostPort(c) {
			return "with a hostPort the new pod cannot be scheduled beside the old one"
		}
	}
	return ""
}

func holdsHostPort(c *input.Container) bool {
	for _, port := range c.Ports {
		if port.HostPort != 0 {
			return true
		}
	}
	return false
}

func wantsGate(intent v1alpha1.Intent, p v1alpha1.Platform) bool {
	gate := intent.ReadinessGate
	if gate == "" {
		gate = p.ReadinessGate
	}
	return gate == v1alpha1.ReadinessGateAgent
}
