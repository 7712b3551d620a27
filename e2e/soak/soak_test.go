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

func TestSoakAMillionRequestsWithTheAgentLoseNone(t *testing.T) {
	counts := soak(t, stage.OverlayAgent)
	if counts.Failed > 0 || counts.Home != counts.OK.Count {
		t.Errorf("%d of %d requests failed, %d left their node; want none",
			counts.Failed, counts.OK.Count+counts.Failed, counts.OK.Count-counts.Home)
	}
}

// TestSoakAMillionRequestsByKubeProxyAlone is what the agent is measured against:
// the same load on a cluster that differs in nothing else.
func TestSoakAMillionRequestsByKubeProxyAlone(t *testing.T) {
	if counts := soak(t, stage.OverlayEmbedded); counts.OK.Count == 0 {
		t.Error("nothing was answered: the load shows nothing")
	}
}

func soak(t *testing.T, overlay stage.Overlay) stage.Counts {
	t.Helper()
	c, clients := begin(t)
	if err := stage.Install(t.Context(), c, overlay); err != nil {
		t.Fatal(err)
	}
	counts := roll(t, c, clients, "daemon")
	t.Logf("%s: %s", overlay, counts)
	return counts
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
