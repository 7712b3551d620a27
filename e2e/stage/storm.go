package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Storm is the same run on several clients: requests at full rate from every node, until it is stopped.
type Storm struct {
	name    string
	clients []Client
}

// StartStorm has every client begin the order, each for the target of its index in targets, over and over.
func StartStorm(ctx context.Context, clients []Client, o Order, targets ...string) (*Storm, error) {
	s := &Storm{name: o.Name}
	for i, client := range clients {
		o.Target = targets[i%len(targets)]
		if err := client.Start(ctx, o); err != nil {
			_, stopErr := s.Stop(ctx)
			return nil, errors.Join(err, stopErr)
		}
		s.clients = append(s.clients, client)
	}
	return s, nil
}

// Counts are those of all clients so far.
func (s *Storm) Counts(ctx context.Context) (Counts, error) {
	return s.gather(func(c Client) (Counts, error) { return c.Counts(ctx, s.name) })
}

// Stop ends the storm and returns what came of it in all. A request under way gets its time to fail.
func (s *Storm) Stop(ctx context.Context) (Counts, error) {
	return s.gather(func(c Client) (Counts, error) { return c.Stop(ctx, s.name) })
}

func (s *Storm) gather(ask func(Client) (Counts, error)) (Counts, error) {
	all := NewCounts()
	for _, client := range s.clients {
		counts, err := ask(client)
		if err != nil {
			return all, err
		}
		all.Add(client.Node, counts)
	}
	return all, nil
}

// NewCounts are of no requests.
func NewCounts() Counts {
	return Counts{Nodes: map[string]int{}, Pods: map[string]int{}, Errors: map[string]Latency{}}
}

// Add counts in what a client of a node counted. Of its percentiles the worst is kept.
func (c *Counts) Add(node string, other Counts) {
	c.OK = c.OK.with(other.OK)
	c.Failed += other.Failed
	for node, n := range other.Nodes {
		c.Nodes[node] += n
	}
	for pod, n := range other.Pods {
		c.Pods[pod] += n
	}
	for kind, latency := range other.Errors {
		c.Errors[kind] = c.Errors[kind].with(latency)
	}
	c.Home += other.Nodes[node]
	c.Failures = append(c.Failures, other.Failures...)
	slices.SortFunc(c.Failures, func(a, b Failure) int { return a.At.Compare(b.At) })
}

func (l Latency) with(other Latency) Latency {
	return Latency{
		Count: l.Count + other.Count, P50: max(l.P50, other.P50), P99: max(l.P99, other.P99), Max: max(l.Max, other.Max),
	}
}

// Limits of Settle: for all of it (each kube-proxy hears of a change for itself, and a loaded machine lets
// one of them wait for seconds), and for one request, which may be dropped.
const (
	settleLimit    = time.Minute
	settlePatience = 500 * time.Millisecond
)

// Settle returns once n requests of every client in a row are answered at each address: what was applied a
// moment ago is in effect on every node. Nothing of it is part of any count.
func Settle(ctx context.Context, clients []Client, targets []string, home bool) error {
	const n = 20
	for _, client := range clients {
		for _, target := range targets {
			what := fmt.Sprintf("answers at %s to %s", target, client)
			err := cluster.Wait(ctx, what, settleLimit, func(ctx context.Context) (bool, string, error) {
				for _, mode := range []string{"tcp", "udp"} {
					counts, err := client.Run(ctx, Order{Target: target, Mode: mode, N: n, Workers: n, Limit: settlePatience})
					if err != nil {
						return false, "", err
					}
					if counts.OK.Count != n || (home && counts.Nodes[client.Node] != n) {
						return false, mode + ": " + counts.String(), nil
					}
				}
				return true, "", nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// RollOut replaces the servers again and again until the storm has made at least the number of requests, at
// least twice, and returns how often.
func (s *Storm) RollOut(ctx context.Context, e *Echo, requests int) (rollouts int, err error) {
	for {
		if err := e.Rollout(ctx); err != nil {
			return rollouts, err
		}
		rollouts++
		counts, err := s.Counts(ctx)
		if err != nil || (rollouts >= 2 && counts.OK.Count+counts.Failed >= requests) {
			return rollouts, err
		}
	}
}
