package scenarios

import (
	"github.com/inshore-dev/inshore/e2e/stage"
)

// modes are the ways in which clients use sockets: each is another hook of the datapath.
var modes = []string{"tcp", "long", "udp", "sendto"}

// staysHome is the claim that everything else rests on.
func staysHome(s story) {
	e := s.echo(stage.Echo{Name: "home", ServiceAnnotations: required, DaemonSetAnnotations: required})
	s.settle(e, true)
	s.allAtHome(e)
}

// allAtHome has every client call in every way, and wants each call answered by the client's own node.
func (s story) allAtHome(e *stage.Echo) {
	s.Helper()
	total := 0
	for _, client := range s.clients {
		for _, target := range s.targets(e) {
			for _, mode := range modes {
				counts := s.runOn(client, stage.Order{Target: target, Mode: mode, N: callsEach, Workers: 4})
				if counts.Nodes[client.Node] != callsEach {
					s.Errorf("%s, %s to %s: %s; want %d from its own node", client, mode, target, counts, callsEach)
				}
				total += counts.Nodes[client.Node]
			}
		}
	}
	s.Logf("%d calls answered at home, from %d places", total, len(s.clients))
}

// callsEach is the number of calls of one client in one way: that all stay home by chance has odds of 3⁻¹⁰⁰.
const callsEach = 100

func (s story) runOn(client stage.Client, o stage.Order) stage.Counts {
	s.Helper()
	counts, err := client.Run(s.ctx, o)
	if err != nil {
		s.Fatal(err)
	}
	return counts
}

// leavesOthersAlone shows what the agent does to the Services that are not its own: nothing.
func leavesOthersAlone(s story) {
	e := s.echo(stage.Echo{Name: "plain"})
	s.settle(e, false)
	for _, client := range s.clients {
		for _, target := range s.targets(e) {
			for _, mode := range []string{"tcp", "udp"} {
				// kube-proxy learns of the servers one by one.
				s.wait("every node to answer "+client.String()+" by "+mode, func() (bool, string) {
					counts := s.runOn(client, stage.Order{Target: target, Mode: mode, N: callsEach, Workers: 4})
					return len(counts.Nodes) == len(s.c.Nodes()) && counts.Failed == 0, counts.String()
				})
			}
		}
	}
}
