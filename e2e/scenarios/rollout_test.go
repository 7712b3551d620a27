package scenarios

import (
	"time"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// requests is how many a rollout under load must come to here; make soak goes on to a million.
const requests = 50_000

// full is full rate: a new connection for each request, from several workers a client at once. What starves on a
// busy machine is not lost, hence the limit; the longest wait is in the log.
var full = stage.Order{Name: "full", Mode: "tcp", Workers: 4, Limit: 10 * time.Second}

// rolloutWithoutAgent is what the agent is measured against: the same words, the same load, one rollout.
func rolloutWithoutAgent(s story) {
	e := s.echo(stage.Echo{Name: "alone", ServiceAnnotations: required, DaemonSetAnnotations: required})
	s.settle(e, true)
	storm := s.storm(full, e)
	if err := e.Rollout(s.ctx); err != nil {
		s.Fatal(err)
	}
	counts := s.over(storm)
	s.Logf("one rollout with kube-proxy alone: %s", counts)
	if counts.OK.Count == 0 {
		s.Error("nothing was answered: the load shows nothing")
	}
}

func rolloutWithoutLoss(s story) {
	e := s.echo(stage.Echo{Name: "rolled", ServiceAnnotations: required, DaemonSetAnnotations: required})
	s.settle(e, true)
	s.rollsWithoutLoss(e, full, requests)
}

// closedInDrain opens connections that stay open for a while, requests on them all the time, under a daemon with a
// drain that is longer: the client closes each before the server ends.
func closedInDrain(s story) {
	words := and(required, "drain", "4s")
	e := s.echo(stage.Echo{Name: "drained", ServiceAnnotations: required, DaemonSetAnnotations: words})
	s.settle(e, true)
	long := stage.Order{Name: "long", Mode: "long", Workers: 4, Hold: 2 * time.Second, Pause: time.Millisecond, Limit: 10 * time.Second}
	s.rollsWithoutLoss(e, long, 0)
}

// rollsWithoutLoss rolls under load from pods and nodes until there were enough requests, and wants every one answered,
// by its own node.
func (s story) rollsWithoutLoss(e *stage.Echo, o stage.Order, requests int) {
	s.Helper()
	counts := s.roll(e, o, requests)
	if counts.Failed > 0 || counts.Home != counts.OK.Count {
		s.Errorf("%d of %d requests failed, %d left their node; want none", counts.Failed, counts.OK.Count+counts.Failed, counts.OK.Count-counts.Home)
	}
}

// roll rolls under load from pods and nodes until there were enough requests.
func (s story) roll(e *stage.Echo, o stage.Order, requests int) stage.Counts {
	s.Helper()
	begin := time.Now()
	storm := s.storm(o, e)
	rollouts, err := storm.RollOut(s.ctx, e, requests)
	if err != nil {
		s.Fatal(err)
	}
	counts := s.over(storm)
	s.Logf("%d rollouts in %s: %s", rollouts, time.Since(begin).Round(time.Second), counts)
	return counts
}

// storm begins an order on clients in pods, over IPv4, and on those on the nodes, over IPv6.
func (s story) storm(o stage.Order, e *stage.Echo) *stage.Storm {
	s.Helper()
	var clients []stage.Client
	pods, nodes := s.from(stage.InPod), s.from(stage.OnNode)
	for i := range pods {
		clients = append(clients, pods[i], nodes[i])
	}
	storm, err := stage.StartStorm(s.ctx, clients, o, s.targets(e)...)
	if err != nil {
		s.Fatal(err)
	}
	return storm
}

func (s story) over(storm *stage.Storm) stage.Counts {
	s.Helper()
	counts, err := storm.Stop(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	return counts
}
