package scenarios

import (
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// withoutProxy takes kube-proxy and its rules off every node: as if it knew nothing of the Services. The agents
// reach the API server by its address then, for there is nobody to translate that of its Service.
func withoutProxy(s story) {
	s.setAgents("INSHORE_SERVER=" + s.c.APIEndpoint())
	e := s.echo(stage.Echo{Name: "alone-home", ServiceAnnotations: required, DaemonSetAnnotations: required})
	plain := s.echo(stage.Echo{Name: "alone-plain"})
	s.settle(e, true)
	for _, n := range s.c.Nodes() {
		restore, err := s.c.RemoveProxy(s.ctx, n)
		if err != nil {
			s.Fatal(err)
		}
		defer s.restored(n, restore)
	}
	s.run("calls to opted-in Services stay on their node all the same", func(s story) { s.allAtHome(e) })
	s.run("Services that nobody opted in are nobody's", func(s story) {
		for _, client := range s.clients {
			for _, target := range s.targets(plain) {
				counts := s.runOn(client, stage.Order{Target: target, N: 2, Limit: silence})
				if counts.OK.Count > 0 {
					s.Errorf("%s to %s: %s; want no answer, for there is no proxy", client, target, counts)
				}
			}
		}
	})
	s.run("and a rollout loses no request", func(s story) { s.rollsWithoutLoss(e, full, 0) })
}

func (s story) restored(n *cluster.Node, restore func() error) {
	s.Helper()
	if err := restore(); err != nil {
		s.Errorf("starting kube-proxy on %s again: %v", n.Name, err)
	}
}
