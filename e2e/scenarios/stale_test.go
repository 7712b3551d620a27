package scenarios

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// staleLimit covers the Lease's 40 s, the deadline's 60 s and three pods' starts.
const staleLimit = 4 * time.Minute

// staleAgent takes one node's agent away for good. A rollout that needs its word stops there, and goes on when the
// webhook's controller no longer expects any.
func staleAgent(s story) {
	e := s.echo(stage.Echo{Name: "patient", ServiceAnnotations: required, DaemonSetAnnotations: required})
	s.settle(e, true)
	node := s.c.Nodes()[2].Name
	s.kubectl("", "label", "node", node, "inshore-test/agent=none")
	s.onlyNodesWithout("inshore-test/agent")
	defer func() {
		s.kubectl("", "label", "node", node, "inshore-test/agent-")
		s.agentsReady()
	}()
	s.wait("the agent to leave "+node, func() (bool, string) {
		agent, err := stage.AgentOn(s.ctx, s.c, node)
		return err != nil, agent.Name
	})

	begin := time.Now()
	s.kubectl("", "-n", stage.EchoNamespace, "rollout", "restart", "daemonset/"+e.Name)
	err := cluster.Wait(s.ctx, "the rollout to go on without the agent", staleLimit, s.rolledOut(e))
	if err != nil {
		s.Fatal(err)
	}
	s.Logf("the rollout took %s with one agent of three gone", time.Since(begin).Round(time.Second))
	pod := s.podOf(e, node)
	condition := s.kubectl("", "-n", stage.EchoNamespace, "get", "pod", pod.Name, "-o", `jsonpath={.status.conditions[?(@.type=="inshore.dev/routed")]}`)
	if !strings.Contains(condition, `"status":"True"`) || !strings.Contains(condition, "AgentStale") {
		s.Errorf("the condition inshore.dev/routed of %s is %s, want True by AgentStale", pod.Name, condition)
	}
	s.wait("an event that says so", func() (bool, string) {
		events := s.kubectl("", "-n", stage.EchoNamespace, "get", "events.events.k8s.io", "-o",
			`jsonpath={range .items[?(@.regarding.name=="`+pod.Name+`")]}{.reason} {.note}{"\n"}{end}`)
		return strings.Contains(events, "AgentStale"), events
	})
}

// onlyNodesWithout keeps agents off the nodes with a label.
func (s story) onlyNodesWithout(label string) {
	s.Helper()
	s.kubectl("", "-n", v1alpha1.AgentNamespace, "patch", "daemonset/inshore-agent", "--type=strategic", "-p", fmt.Sprintf(
		`{"spec":{"template":{"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":`+
			`{"nodeSelectorTerms":[{"matchExpressions":[{"key":%q,"operator":"DoesNotExist"}]}]}}}}}}}`, label))
	if err := stage.WaitAgents(s.ctx, s.c); err != nil {
		s.Fatal(err)
	}
}

// rolledOut looks once whether every pod is of the newest template and available.
func (s story) rolledOut(e *stage.Echo) cluster.Check {
	return func(ctx context.Context) (bool, string, error) {
		d, err := s.c.Client().AppsV1().DaemonSets(stage.EchoNamespace).Get(ctx, e.Name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error(), nil
		}
		done := d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedNumberScheduled == d.Status.DesiredNumberScheduled &&
			d.Status.NumberAvailable == d.Status.DesiredNumberScheduled
		return done, fmt.Sprintf("%d of %d updated, %d available", d.Status.UpdatedNumberScheduled, d.Status.DesiredNumberScheduled, d.Status.NumberAvailable), nil
	}
}
