package stage

import (
	"context"
	"fmt"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// callsToSettle is how often each app asks whether the change has come: with three nodes, this many calls
// staying home by chance have odds of 3⁻⁵⁰.
const callsToSettle = 50

// SettleAtHome returns once every app's calls are answered on its own node.
func (c *Cache) SettleAtHome(ctx context.Context) error {
	return c.settle(ctx, "every node to keep its calls", func(a Answers) bool { return a.Local() == a.Total })
}

// SettleAbroad returns once every app's calls also reach other nodes.
func (c *Cache) SettleAbroad(ctx context.Context) error {
	return c.settle(ctx, "every node's calls to reach other nodes", func(a Answers) bool { return a.Local() < a.Total })
}

func (c *Cache) settle(ctx context.Context, what string, settled func(Answers) bool) error {
	return cluster.Wait(ctx, what, settleLimit, func(ctx context.Context) (bool, string, error) {
		all, err := c.Call(ctx, callsToSettle)
		if err != nil {
			return false, "", err
		}
		for _, answers := range all {
			if answers.Failed > 0 || !settled(answers) {
				return false, fmt.Sprintf("app on %s: %d of %d calls answered at home, %d failed",
					answers.Node, answers.Local(), answers.Total, answers.Failed), nil
			}
		}
		return true, "", nil
	})
}
