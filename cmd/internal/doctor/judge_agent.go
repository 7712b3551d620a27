package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// policyNames are the ValidatingAdmissionPolicies of manifests/base/agent, and
// their bindings.
var policyNames = []string{"inshore-pod-status", "inshore-agent-lease"}

func judgeAgent(f *Facts) Group {
	g := Group{Name: "Agent"}
	const installed = "DaemonSet"
	switch d := f.DaemonSet; {
	case d.Err != nil:
		g.unknown(installed, d.Err)
	case d.Value == nil:
		g.add(installed, OK, "", "not installed: traffic is as good as the cluster's proxy")
		return g
	case d.Value.Status.ObservedGeneration < d.Value.Generation || d.Value.Status.UpdatedNumberScheduled < d.Value.Status.DesiredNumberScheduled:
		g.add(installed, Problem, "wait for the rollout, or see why it stands still: kubectl -n inshore-agent rollout status ds/inshore-agent",
			"%d of %d nodes have %s", d.Value.Status.UpdatedNumberScheduled, d.Value.Status.DesiredNumberScheduled, imageTag(d.Value.Spec.Template.Spec.Containers))
	default:
		g.add(installed, OK, "", "%s on %d nodes", imageTag(d.Value.Spec.Template.Spec.Containers), d.Value.Status.DesiredNumberScheduled)
	}
	judgeVersions(&g, f)
	judgePolicies(&g, f)
	return g
}

// judgeVersions compares what the agents and the webhook were released as.
func judgeVersions(g *Group, f *Facts) {
	if f.DaemonSet.Value == nil || f.Deployment.Value == nil {
		return
	}
	agent := imageTag(f.DaemonSet.Value.Spec.Template.Spec.Containers)
	webhook := imageTag(f.Deployment.Value.Spec.Template.Spec.Containers)
	switch {
	case strings.HasPrefix(agent, "sha256:") || strings.HasPrefix(webhook, "sha256:"):
		// Digests of two images say nothing about each other.
	case agent != webhook:
		g.add("versions", Problem, "apply one release's manifests", "the agent is %s, the webhook %s", agent, webhook)
	default:
		g.add("versions", OK, "", "agent and webhook are both %s", agent)
	}
}

func judgePolicies(g *Group, f *Facts) {
	const name = "bound to its node"
	for _, err := range []error{f.Policies.Err, f.Bindings.Err} {
		if err != nil {
			g.unknown(name, err)
			return
		}
	}
	var missing []string
	for _, want := range policyNames {
		policy := slices.ContainsFunc(f.Policies.Value, func(p admissionv1.ValidatingAdmissionPolicy) bool { return p.Name == want })
		denies := slices.ContainsFunc(f.Bindings.Value, func(b admissionv1.ValidatingAdmissionPolicyBinding) bool {
			return b.Spec.PolicyName == want && slices.Contains(b.Spec.ValidationActions, admissionv1.Deny)
		})
		if !policy || !denies {
			missing = append(missing, want)
		}
	}
	if len(missing) > 0 {
		g.add(name, Problem, remedyReapply, "ValidatingAdmissionPolicy %s is missing or not bound with Deny: one node's agent could speak for every node",
			strings.Join(missing, ", "))
		return
	}
	g.add(name, OK, "", "policies %s deny", strings.Join(policyNames, ", "))
}

func judgeNodes(f *Facts) Group {
	g := Group{Name: "Nodes"}
	if f.Agents.Err != nil {
		g.unknown("agents", f.Agents.Err)
		return g
	}
	judgeCoverage(&g, f)
	judgeReadiness(&g, f)
	judgeLeases(&g, f)
	judgeChecks(&g, f)
	return g
}

// covered are the nodes with an agent's pod that is not on its way out.
func (f *Facts) covered() map[string]*corev1.Pod {
	nodes := map[string]*corev1.Pod{}
	for i := range f.Agents.Value {
		if pod := &f.Agents.Value[i]; pod.Spec.NodeName != "" && pod.DeletionTimestamp == nil {
			nodes[pod.Spec.NodeName] = pod
		}
	}
	return nodes
}

func judgeCoverage(g *Group, f *Facts) {
	const name = "an agent on every node"
	if f.Nodes.Err != nil {
		g.unknown(name, f.Nodes.Err)
		return
	}
	covered := f.covered()
	var bare []string
	linux := 0
	for i := range f.Nodes.Value {
		node := &f.Nodes.Value[i]
		if os := node.Labels[corev1.LabelOSStable]; os != "" && os != "linux" {
			continue
		}
		linux++
		if covered[node.Name] == nil {
			bare = append(bare, node.Name)
		}
	}
	if len(bare) > 0 {
		g.add(name, Problem, "see its events: kubectl -n inshore-agent describe ds/inshore-agent (a quota? virtual nodes run no DaemonSets)",
			"%d of %d have none: %s", len(bare), linux, some(bare))
		return
	}
	g.add(name, OK, "", "%d of %d", linux, linux)
}

func judgeReadiness(g *Group, f *Facts) {
	const name = "agents ready"
	var unready []string
	covered := f.covered()
	for node, pod := range covered {
		if !isTrue(pod, corev1.PodReady) {
			unready = append(unready, node+" ("+why(pod)+")")
		}
	}
	if len(unready) > 0 {
		g.add(name, Problem, "kubectl -n inshore-agent describe pod, and its log", "%d of %d are not: %s", len(unready), len(covered), some(unready))
		return
	}
	g.add(name, OK, "", "%d of %d", len(covered), len(covered))
}

// why is what keeps a pod from being ready, as short as its status has it.
func why(pod *corev1.Pod) string {
	for _, status := range pod.Status.ContainerStatuses {
		switch {
		case status.State.Waiting != nil:
			return status.State.Waiting.Reason
		case status.State.Terminated != nil:
			return fmt.Sprintf("ended with %d %s", status.State.Terminated.ExitCode, status.State.Terminated.Reason)
		}
	}
	return string(pod.Status.Phase)
}

func isTrue(pod *corev1.Pod, name corev1.PodConditionType) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == name && c.Status == corev1.ConditionTrue
	})
}

// leaseLasts is what an agent's Lease is good for, where it does not say.
const leaseLasts = 40 * time.Second

func judgeLeases(g *Group, f *Facts) {
	const name = "signs of life"
	if f.Leases.Err != nil {
		g.unknown(name, f.Leases.Err)
		return
	}
	renewed := map[string]time.Time{}
	lasts := map[string]time.Duration{}
	for i := range f.Leases.Value {
		lease := &f.Leases.Value[i]
		lasts[lease.Name] = leaseLasts
		if lease.Spec.RenewTime != nil {
			renewed[lease.Name] = lease.Spec.RenewTime.Time
		}
		if seconds := lease.Spec.LeaseDurationSeconds; seconds != nil {
			lasts[lease.Name] = time.Duration(*seconds) * time.Second
		}
	}
	var silent []string
	covered := f.covered()
	for node := range covered {
		at, ever := renewed[node]
		switch ago := f.Now.Sub(at); {
		case !ever:
			silent = append(silent, node+" (no Lease)")
		case ago > lasts[node]:
			silent = append(silent, fmt.Sprintf("%s (%s ago)", node, ago.Round(time.Second)))
		}
	}
	if len(silent) > 0 {
		g.add(name, Problem, "see the agent's log; on a node without a proxy it needs --server; if its clock is off, correct it",
			"%d of %d agents renew no Lease in %s: %s", len(silent), len(covered), v1alpha1.AgentNamespace, some(silent))
		return
	}
	g.add(name, OK, "", "%d of %d Leases are fresh", len(covered), len(covered))
}

// judgeChecks groups what agents say of their nodes by what they say: a hundred
// nodes of one kind have one problem.
func judgeChecks(g *Group, f *Facts) {
	const name = "what agents say of their nodes"
	if f.Checks == nil {
		return
	}
	nodes, remedies := map[string][]string{}, map[string]string{}
	failures, notes := map[string][]string{}, map[string][]string{}
	for node, checked := range f.Checks {
		if checked.Err != nil {
			failures[checked.Err.Error()] = append(failures[checked.Err.Error()], node)
			continue
		}
		for _, fact := range checked.Value.Facts {
			switch {
			case fact.Problem != "":
				said := strings.TrimSpace(fact.Name+" "+fact.Value) + ": " + fact.Problem
				nodes[said] = append(nodes[said], node)
				remedies[said] = fact.Remedy
			case slices.Contains(worthTelling, fact.Name):
				notes[fact.Name+": "+fact.Value] = append(notes[fact.Name+": "+fact.Value], node)
			}
		}
	}
	for _, said := range slices.Sorted(maps.Keys(nodes)) {
		g.add(name, Problem, remedies[said], "%s, on %s", said, some(nodes[said]))
	}
	for _, said := range slices.Sorted(maps.Keys(failures)) {
		g.add(name, Unknown, "", "could not ask %s: %s", some(failures[said]), said)
	}
	if len(nodes)+len(failures) == 0 {
		g.add(name, OK, "", "nothing is missing on %d of %d", len(f.Checks), len(f.Checks))
	}
	for _, said := range slices.Sorted(maps.Keys(notes)) {
		g.add(name, OK, "", "%s, on %s", said, some(notes[said]))
	}
}

// worthTelling are the facts of an agent's check that are of interest even where
// nothing is wrong with them.
var worthTelling = []string{"datapath", "socket hooks", "cluster's proxy"}

// shown is how many names a line holds.
const shown = 5

// some are names, sorted; of many the first.
func some(names []string) string {
	slices.Sort(names)
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
