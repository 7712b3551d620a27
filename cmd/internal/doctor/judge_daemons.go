package doctor

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// patience is how long a pod may wait for its agent before it is a problem: the
// webhook's --agent-deadline by default.
const patience = time.Minute

func judgeDaemons(f *Facts) Group {
	g := Group{Name: "Daemons with the readiness gate"}
	if f.Daemons.Err != nil {
		g.unknown("DaemonSets", f.Daemons.Err)
		return g
	}
	if len(f.Daemons.Value) == 0 {
		g.add("DaemonSets", OK, "", "none has it yet")
	}
	for i := range f.Daemons.Value {
		judgeDaemon(&g, f, &f.Daemons.Value[i])
	}
	return g
}

func judgeDaemon(g *Group, f *Facts, d *Daemon) {
	name := d.DaemonSet.Namespace + "/" + d.DaemonSet.Name
	if d.Pods.Err != nil {
		g.unknown(name, d.Pods.Err)
		return
	}
	covered := f.covered()
	var bare, waiting []string
	for i := range d.Pods.Value {
		pod := &d.Pods.Value[i]
		node := pod.Spec.NodeName
		if node == "" || pod.DeletionTimestamp != nil {
			continue
		}
		if f.Agents.Err == nil && covered[node] == nil {
			bare = append(bare, node)
		}
		if since, waits := waits(pod); waits && f.Now.Sub(since) > patience {
			waiting = append(waiting, fmt.Sprintf("%s on %s (%s)", pod.Name, node, f.Now.Sub(since).Round(time.Second)))
		}
	}
	status := d.DaemonSet.Status
	switch {
	case len(bare) > 0:
		g.add(name, Problem, "its pods wait there until the webhook gives up on the agent: see Nodes above",
			"runs on %d nodes without an agent: %s", len(bare), some(bare))
	case len(waiting) > 0:
		g.add(name, Problem, "see the log of the agent on that node",
			"%d pods wait for their node's agent: %s", len(waiting), some(waiting))
	default:
		g.add(name, OK, "", "%d of %d available, %d updated; none waits for an agent", status.NumberAvailable, status.DesiredNumberScheduled, status.UpdatedNumberScheduled)
	}
}

// waits says since when a pod has lacked nothing but its agent's word.
func waits(pod *corev1.Pod) (time.Time, bool) {
	if isTrue(pod, v1alpha1.ReadinessGateRouted) ||
		!slices.ContainsFunc(pod.Spec.ReadinessGates, func(g corev1.PodReadinessGate) bool { return g.ConditionType == v1alpha1.ReadinessGateRouted }) {
		return time.Time{}, false
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.ContainersReady && c.Status == corev1.ConditionTrue {
			return c.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}
