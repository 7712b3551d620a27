package mutate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// An API server may cut warnings longer than 256 characters, so none here is.

func (e *edit) warn(format string, args ...any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...))
}

// warnIdle tells of annotations that do nothing because nothing opts in. It is
// silent for `disabled`, which says so on purpose.
func (e *edit) warnIdle(intent v1alpha1.Intent) {
	if intent.NodeLocal != "" || intent == (v1alpha1.Intent{}) {
		return
	}
	keys := slices.Sorted(maps.Keys(intent.Annotations()))
	for i, key := range keys {
		keys[i] = strings.TrimPrefix(key, v1alpha1.Prefix)
	}
	if len(keys) > 0 {
		e.warn("without %s these annotations under %s do nothing: %s",
			v1alpha1.AnnotationNodeLocal, v1alpha1.Prefix, strings.Join(keys, ", "))
	}
}

func (e *edit) warnPreferClose(kubernetes v1alpha1.Version) {
	e.warn("Kubernetes %s does not know trafficDistribution PreferSameNode (%s does): PreferClose is written, which keeps traffic in the zone but not on the node",
		kubernetes, v1alpha1.PreferSameNodeSince)
}

// warnSurge tells a team that a surge it wrote itself gives way to the default
// of the annotation, in the request in which it does.
func (e *edit) warnSurge(sent, own, target rolling, intent v1alpha1.Intent) {
	if intent.MaxSurge != nil || own.surge == nil || isZero(*own.surge) || same(own.surge, target.surge) || same(sent.surge, target.surge) {
		return
	}
	e.warn("maxSurge %s is replaced by %s, the default of %s: write %s: %q to keep it",
		own.surge, target.surge, v1alpha1.AnnotationMaxSurge, v1alpha1.AnnotationMaxSurge, own.surge.String())
}

// warnDrain tells of a drain that no container can take.
func (e *edit) warnDrain(pod *input.PodSpec, drain int64) {
	if drain == 0 || slices.ContainsFunc(pod.Containers, func(c input.Container) bool { return sleepOf(c.Lifecycle) == drain }) {
		return
	}
	e.warn("%s puts no sleep in: every container has a preStop of its own, which must last until its clients have gone", v1alpha1.AnnotationDrain)
}

// warnRollout tells that the patch starts a rollout, which no field of the
// patch says. A patch that only puts back what a client dropped starts none:
// the template is then the stored one.
func (e *edit) warnRollout(pod, stored *input.PodSpec) {
	if len(e.template) == 0 || sameTemplate(pod, stored) {
		return
	}
	slices.Sort(e.template)
	e.warn("this starts one rollout of the DaemonSet, because the pod template changes: %s",
		strings.Join(slices.Compact(e.template), ", "))
}

// sameTemplate compares the fields that mutation writes into a pod template.
func sameTemplate(a, b *input.PodSpec) bool {
	if graceOf(a.TerminationGracePeriodSeconds) != graceOf(b.TerminationGracePeriodSeconds) ||
		!slices.Equal(a.ReadinessGates, b.ReadinessGates) || len(a.Containers) != len(b.Containers) {
		return false
	}
	for i := range a.Containers {
		if a.Containers[i].Name != b.Containers[i].Name || sleepOf(a.Containers[i].Lifecycle) != sleepOf(b.Containers[i].Lifecycle) {
			return false
		}
	}
	return true
}
