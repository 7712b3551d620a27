//go:build soak

package soak

import (
	"os"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// requests is the bar of docs/benchmarks.md.
const requests = 1_000_000

// optIn are the words of a team, on its Service and on its DaemonSet.
var optIn = map[string]string{"inshore.dev/node-local": "required"}

// full is full rate: a new connection for each request. What starves on a busy machine is not lost, hence the
// limit; the longest wait is in the log.
var full = stage.Order{Name: "full", Mode: "tcp", Workers: 4, Limit: 10 * time.Second}

func TestSoakARolloutOfAMillionRequestsLosesNone(t *testing.T) {
	c, clients := begin(t)
	if err := stage.Install(t.Context(), c, stage.OverlayEmbedded); err != nil {
		t.Fatal(err)
	}
	// Beside it, the same load and as many requests by kube-proxy alone.
	alone := roll(t, c, clients, "alone")
	t.Logf("kube-proxy alone: %s", alone)

	if err := stage.AddAgent(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	counts := roll(t, c, clients, "routed")
	t.Logf("with the agent: %s", counts)
	if counts.Failed > 0 || counts.Home != counts.OK.Count {
		t.Errorf("%d of %d requests failed, %d left their node; want none",
			counts.Failed, counts.OK.Count+counts.Failed, counts.OK.Count-counts.Home)
	}
}

func begin(t *testing.T) (*cluster.Cluster, []stage.Client) {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Config{Name: "soak", Nodes: 3, Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("tearing the cluster down: %v", err)
		}
	})
	all, err := stage.StartClients(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var clients []stage.Client
	for _, client := range all {
		if client.Place != stage.InHostNetwork {
			clients = append(clients, client)
		}
	}
	return c, clients
}

// roll rolls servers of a name out until there were enough requests.
func roll(t *testing.T, c *cluster.Cluster, clients []stage.Client, name string) stage.Counts {
	t.Helper()
	ctx := t.Context()
	e, err := stage.StartEcho(ctx, c, stage.Echo{Name: name, ServiceAnnotations: optIn, DaemonSetAnnotations: optIn})
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := e.Addresses(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, address := range addresses {
		targets = append(targets, address.String())
	}
	if err := stage.Settle(ctx, clients, targets, true); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	storm, err := stage.StartStorm(ctx, clients, full, targets...)
	if err != nil {
		t.Fatal(err)
	}
	rollouts, err := storm.RollOut(ctx, e, requests)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := storm.Stop(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d rollouts in %s", name, rollouts, time.Since(begin).Round(time.Second))
	return counts
}
