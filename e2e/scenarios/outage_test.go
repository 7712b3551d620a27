package scenarios

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// outage is two Services in front of the same servers: strict refuses while its node has none that can serve,
// lenient then uses another node's.
type outage struct {
	story
	strict, lenient *stage.Echo
	node            string
	clients         []stage.Client
}

func (s story) outage() outage {
	s.Helper()
	strict := s.echo(stage.Echo{Name: "strict", ServiceAnnotations: required, DaemonSetAnnotations: required, Memory: "64Mi"})
	lenient := s.echo(stage.Echo{Name: "lenient", Of: "strict", ServiceAnnotations: and(required, "no-local-endpoint", "fallback")})
	o := outage{story: s, strict: strict, lenient: lenient, node: s.c.Nodes()[1].Name}
	for _, client := range s.clients {
		if client.Node == o.node {
			o.clients = append(o.clients, client)
		}
	}
	s.settle(strict, true)
	s.settle(lenient, true)
	return o
}

// refusalBound is far above what a refusal takes and far below any timeout of a client.
const refusalBound = 500 * time.Millisecond

// unready takes the local pod out of service for as long as the test looks at what clients meet then.
func unready(s story) {
	o := s.outage()
	pod := o.pod()
	o.tell(pod, "unready")
	s.wait("the agent to know of no local pod", func() (bool, string) {
		counts := s.runOn(o.clients[0], stage.Order{Target: s.targets(o.strict)[0], N: 1, Limit: refusalBound})
		return counts.Errors["refused"].Count == 1, counts.String()
	})
	refused := stage.NewCounts()
	for _, client := range o.clients {
		for _, target := range s.targets(o.strict) {
			for _, mode := range modes {
				refused.Add(client.Node, o.refuses(client, target, mode))
			}
		}
		for _, target := range s.targets(o.lenient) {
			for _, mode := range modes {
				counts := s.runOn(client, stage.Order{Target: target, Mode: mode, N: callsEach, Workers: 4})
				if counts.OK.Count != callsEach || counts.Nodes[o.node] > 0 {
					s.Errorf("%s, %s to %s, with fallback: %s; want answers from other nodes only", client, mode, target, counts)
				}
			}
		}
	}
	s.Logf("refused while no local pod could serve: %+v (µs; p50 and p99 are those of the slowest client and mode)", refused.Errors["refused"])
	o.tell(pod, "ready")
	o.comesHome()
	for _, want := range []struct{ service, result string }{
		{"strict", "local"}, {"strict", "refused"}, {"lenient", "local"}, {"lenient", "fallback"},
	} {
		if counted := s.agentCounted(o.node, want.service, want.result); counted < callsEach {
			s.Errorf("the agent counted %.0f connections to %s as %s, want at least %d", counted, want.service, want.result, callsEach)
		}
	}
	o.said(o.strict, "NoLocalEndpoint", "LocalEndpointBack")
	o.said(o.lenient, "FallbackStarted", "FallbackEnded")
}

func (o outage) refuses(client stage.Client, target, mode string) stage.Counts {
	o.Helper()
	counts := o.runOn(client, stage.Order{Target: target, Mode: mode, N: callsEach})
	refused := counts.Errors["refused"]
	if refused.Count != callsEach || refused.Max > refusalBound.Microseconds() {
		o.Errorf("%s, %s to %s: %s; want %d refused at once", client, mode, target, counts, callsEach)
	}
	return counts
}

// loss is one way in which a local pod is lost.
type loss struct {
	sentence string
	// silent says that requests of a moment may meet silence: the kubelet takes a pod's network away before it tells
	// the API server that the pod has ended, and in between nobody can know.
	silent bool
	lose   func(outage, corev1.Pod)
}

var losses = []loss{
	{"crashes", false, func(o outage, pod corev1.Pod) {
		o.tell(pod, "exit")
		o.ended(pod, `"exitCode":1`)
	}},
	{"is killed for its memory", false, func(o outage, pod corev1.Pod) {
		o.tell(pod, "eat")
		o.ended(pod, "OOMKilled")
	}},
	{"is evicted", true, func(o outage, pod corev1.Pod) {
		eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}}
		if err := o.c.Client().PolicyV1().Evictions(pod.Namespace).Evict(o.ctx, eviction); err != nil {
			o.Fatal(err)
		}
		o.kubectl("", "-n", stage.EchoNamespace, "wait", "--for=delete", "pod/"+pod.Name, "--timeout=180s")
	}},
	{"is deleted by force", true, func(o outage, pod corev1.Pod) {
		o.kubectl("", "-n", stage.EchoNamespace, "delete", "pod", pod.Name, "--grace-period=0", "--force")
	}},
}

// drained has the node drained of pods that nothing puts back, as before its replacement.
func drained(s story) {
	var nodes []string
	for _, n := range s.c.Nodes() {
		nodes = append(nodes, n.Name)
	}
	strict := s.echo(stage.Echo{Name: "single", On: nodes, ServiceAnnotations: required})
	lenient := s.echo(stage.Echo{Name: "spare", Of: "single", ServiceAnnotations: and(required, "no-local-endpoint", "fallback")})
	s.settle(strict, true)
	s.settle(lenient, true)
	node := nodes[2]
	s.kubectl("", "drain", node, "--ignore-daemonsets", "--force", "--delete-emptydir-data", "--timeout=120s")
	defer s.kubectl("", "uncordon", node)
	for _, client := range s.clients {
		if client.Node != node {
			continue
		}
		for _, target := range s.targets(strict) {
			s.wait("calls to be refused to "+client.String(), func() (bool, string) {
				counts := s.runOn(client, stage.Order{Target: target, N: callsEach})
				return counts.Errors["refused"].Count == callsEach, counts.String()
			})
		}
		for _, target := range s.targets(lenient) {
			s.wait("other nodes to answer "+client.String(), func() (bool, string) {
				counts := s.runOn(client, stage.Order{Target: target, N: callsEach})
				return counts.OK.Count == callsEach && counts.Nodes[node] == 0, counts.String()
			})
		}
	}
	again, err := stage.StartEcho(s.ctx, s.c, *strict)
	if err != nil {
		s.Fatal(err)
	}
	s.settle(again, true)
	s.settle(lenient, true)
}

// gently leaves the node's processors to the kubelet, which has a pod to replace.
var gently = stage.Order{Name: "gently", Mode: "tcp", Workers: 2, Pause: 2 * time.Millisecond, Limit: 2 * time.Second}

// losesPods has the local pod lost in one way after the other, under load: requests are refused or answered, by
// another node if the Service lets them, and none waits for an answer that will not come.
func losesPods(s story) {
	o := s.outage()
	for _, loss := range losses {
		s.run("it "+loss.sentence, func(s story) {
			o := o
			o.story = s
			strict, lenient := o.storm(gently, o.strict), o.storm(named(gently, "lenient"), o.lenient)
			loss.lose(o, o.pod())
			o.awaitReady()
			o.comesHome()
			refused, fell := s.over(strict), s.over(lenient)
			s.Logf("no fallback: %s", refused)
			s.Logf("fallback: %s", fell)
			for name, counts := range map[string]stage.Counts{"no fallback": refused, "fallback": fell} {
				if timeouts := counts.Errors["timeout"].Count; timeouts > 0 && !loss.silent {
					s.Errorf("%s: %d requests met silence, want refusals or answers", name, timeouts)
				}
			}
			if refused.Home != refused.OK.Count {
				s.Errorf("without fallback %d requests left their node", refused.OK.Count-refused.Home)
			}
		})
	}
}

// pod is the server on the node.
func (o outage) pod() corev1.Pod {
	o.Helper()
	pod, err := o.strict.PodOn(o.ctx, o.node)
	if err != nil {
		o.Fatal(err)
	}
	return pod
}

func (o outage) tell(pod corev1.Pod, order string) {
	o.Helper()
	if err := o.strict.Tell(o.ctx, pod, order); err != nil {
		o.Fatal(err)
	}
}

// ended waits until the pod's server has ended in a way, and been started again.
func (o outage) ended(pod corev1.Pod, how string) {
	o.Helper()
	o.wait("the server to end with "+how, func() (bool, string) {
		state := o.kubectl("", "-n", stage.EchoNamespace, "get", "pod", pod.Name, "-o", "jsonpath={.status.containerStatuses[0].lastState}")
		return strings.Contains(state, how), state
	})
}

func named(o stage.Order, name string) stage.Order {
	o.Name = name
	return o
}

// awaitReady waits until every node has its server, and it is ready.
func (o outage) awaitReady() {
	o.Helper()
	if err := o.strict.WaitReady(o.ctx); err != nil {
		o.Fatal(err)
	}
}

// comesHome waits until the node's clients are answered at home by both Services.
func (o outage) comesHome() {
	o.Helper()
	for _, e := range []*stage.Echo{o.strict, o.lenient} {
		if err := stage.Settle(o.ctx, o.clients, o.targets(e), true); err != nil {
			o.Fatal(err)
		}
	}
}

// said waits for events of the node about a Service.
func (o outage) said(e *stage.Echo, reasons ...string) {
	o.Helper()
	for _, reason := range reasons {
		o.wait(fmt.Sprintf("an event %s about %s on %s", reason, e.Name, o.node), func() (bool, string) {
			events := o.kubectl("", "-n", stage.EchoNamespace, "get", "events.events.k8s.io", "-o",
				`jsonpath={range .items[?(@.regarding.name=="`+e.Name+`")]}{.reason} {.reportingInstance} {.note}{"\n"}{end}`)
			for line := range strings.Lines(events) {
				if strings.HasPrefix(line, reason+" ") && strings.Contains(line, o.node) {
					return true, ""
				}
			}
			return false, events
		})
	}
}
