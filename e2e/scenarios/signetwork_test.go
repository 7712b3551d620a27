package scenarios

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// sigNetwork are scenarios that upstream's end-to-end suite has for kube-proxy (Kubernetes SIG Network,
// test/e2e/network/service.go and conntrack.go), by the names they have there. They are re-created, not run: with
// --scope=local the agent takes over every Service whose policy is Local, and must be no different.
var sigNetwork = []struct {
	name string
	tell func(story)
}{
	{"should respect internalTrafficPolicy=Local Pod to Pod", func(s story) {
		e := s.localOnly("itp-pod", stage.Echo{})
		s.answersOnlyOnItsNode(e, stage.InPod)
	}},
	{"should respect internalTrafficPolicy=Local Pod (hostNetwork: true) to Pod", func(s story) {
		e := s.localOnly("itp-host-client", stage.Echo{})
		s.answersOnlyOnItsNode(e, stage.InHostNetwork)
	}},
	{"should respect internalTrafficPolicy=Local Pod and Node, to Pod (hostNetwork: true)", func(s story) {
		e := s.localOnly("itp-host-server", stage.Echo{HostPort: 9000})
		s.answersOnlyOnItsNode(e, stage.InPod, stage.OnNode)
	}},
	{"should fallback to local terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Local", terminatingEndpoints},
	{"should be able to preserve UDP traffic when server pod cycles for a ClusterIP service", udpServerCycles},
}

// localOnly is a Service that nobody opted in, with the policy Local and one server, on the first node.
func (s story) localOnly(name string, e stage.Echo) *stage.Echo {
	s.Helper()
	e.Name, e.Fields = name, []string{"internalTrafficPolicy: Local"}
	if e.On == nil {
		e.On = []string{s.c.Nodes()[0].Name}
	}
	return s.echo(e)
}

// silence is how long an answer must stay out to count as dropped.
const silence = 300 * time.Millisecond

// answersOnlyOnItsNode wants answers for clients on the server's node, and silence for all others.
func (s story) answersOnlyOnItsNode(e *stage.Echo, places ...stage.Place) {
	s.Helper()
	home := s.c.Nodes()[0].Name
	for _, client := range s.from(places...) {
		for _, target := range s.targets(e) {
			for _, mode := range []string{"tcp", "udp"} {
				s.answersOnlyAt(home, client, stage.Order{Target: target, Mode: mode, N: 5, Limit: silence})
			}
		}
	}
}

func (s story) answersOnlyAt(home string, client stage.Client, o stage.Order) {
	s.Helper()
	if client.Node == home {
		// The server is ready a moment before the node's rules lead to it.
		s.wait(o.Mode+" answers to "+client.String(), func() (bool, string) {
			counts := s.runOn(client, o)
			return counts.Nodes[home] == o.N, counts.String()
		})
		return
	}
	// A datagram that the node's own packet filter drops on its way out fails where it is sent (EPERM), as with
	// kube-proxy: to a client on the host's network that is what silence looks like.
	s.wait("silence to "+client.String()+" by "+o.Mode, func() (bool, string) {
		counts := s.runOn(client, o)
		silent := counts.Errors["timeout"].Count + counts.Errors["not permitted"].Count
		return silent == o.N, counts.String()
	})
}

// terminatingEndpoints: a server that is ending but still serves is better than none.
func terminatingEndpoints(s story) {
	const drain = 20 * time.Second
	e := s.localOnly("itp-terminating", stage.Echo{Drain: drain})
	s.answersOnlyOnItsNode(e, stage.InPod)
	home := s.c.Nodes()[0].Name
	pod := s.podOf(e, home)
	s.kubectl("", "-n", stage.EchoNamespace, "delete", "pod", pod.Name, "--wait=false")
	s.wait("the server to be ending", func() (bool, string) {
		conditions := s.kubectl("", "-n", stage.EchoNamespace, "get", "endpointslices", "-l", "kubernetes.io/service-name="+e.Name,
			"-o", "jsonpath={.items[0].endpoints[0].conditions}")
		return conditions == `{"ready":false,"serving":true,"terminating":true}`, conditions
	})
	s.answersOnlyOnItsNode(e, stage.InPod)
}

// udpServerCycles: a client that keeps its port must reach the server that replaced the one it spoke to.
func udpServerCycles(s story) {
	home := s.c.Nodes()[0].Name
	e := s.localOnly("udp-cycles", stage.Echo{})
	var client stage.Client
	for _, c := range s.from(stage.InPod) {
		if c.Node == home {
			client = c
		}
	}
	for _, target := range s.targets(e) {
		o := stage.Order{Name: target, Target: target, Mode: "sendto", Workers: 1, Pause: 20 * time.Millisecond, Limit: silence}
		if err := client.Start(s.ctx, o); err != nil {
			s.Fatal(err)
		}
		defer client.Stop(s.ctx, target)
	}
	pod := s.podOf(e, home)
	s.allAnsweredBy(client, e, pod.Name)
	twin := s.twin(pod)
	s.kubectl("", "-n", stage.EchoNamespace, "delete", "pod", pod.Name, "--grace-period=1")
	s.allAnsweredBy(client, e, twin)
}

// twin starts a pod like another one on the same node, and returns its name once it is ready.
func (s story) twin(of corev1.Pod) string {
	s.Helper()
	twin := &corev1.Pod{Spec: of.Spec}
	twin.Name, twin.Namespace, twin.Labels = of.Name+"-twin", of.Namespace, of.Labels
	if _, err := s.c.Client().CoreV1().Pods(of.Namespace).Create(s.ctx, twin, metav1.CreateOptions{}); err != nil {
		s.Fatal(err)
	}
	s.kubectl("", "-n", of.Namespace, "wait", "--for=condition=Ready", "pod/"+twin.Name, "--timeout=60s")
	return twin.Name
}

// allAnsweredBy waits until each of a client's runs, which are named by their targets, is answered by the pod.
func (s story) allAnsweredBy(client stage.Client, e *stage.Echo, pod string) {
	s.Helper()
	for _, target := range s.targets(e) {
		before := -1
		s.wait(pod+" to answer at "+target, func() (bool, string) {
			counts, err := client.Counts(s.ctx, target)
			if err != nil {
				s.Fatal(err)
			}
			if before < 0 {
				before = counts.Pods[pod]
			}
			return counts.Pods[pod] >= before+5, counts.String()
		})
	}
}

// asSIGNetworkHasIt tells all of them.
func asSIGNetworkHasIt(s story) {
	s.setAgents("INSHORE_SCOPE=local")
	for _, scenario := range sigNetwork {
		s.run(scenario.name, scenario.tell)
	}
	s.setAgents("INSHORE_SCOPE-")
}
