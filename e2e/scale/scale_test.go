package scale

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// limit bounds every wait.
const limit = 5 * time.Minute

// The cluster, and what the webhook may cost in it.
var everybody = population{namespaces: 200, daemons: 25}

const (
	barMiB = 64
	// reviews are sent before memory is read again.
	reviews = 4000
)

func TestTenThousandObjects(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	audit, err := newAuditLog(t.TempDir(), ourUser)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(ctx, cluster.Config{Name: "scale", APIServerArgs: audit.flags(), Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			logs := filepath.Join(os.TempDir(), "inshore-logs-scale")
			t.Logf("the logs of every component are in %s (%v)", logs, c.CollectLogs(logs))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	if err := everybody.create(ctx, c.RESTConfig()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects in %d namespaces created in %.0f s", everybody.objects(), everybody.namespaces, time.Since(began).Seconds())

	w := startWebhook(ctx, t, c)
	w.ready(ctx)
	t.Logf("ready: %s", w.resident())
	for range 2 {
		load(ctx, t, c)
		t.Logf("after %d admissions: %s", reviews, w.resident())
	}
	if got := w.resident().total; got > barMiB<<10 {
		t.Errorf("the webhook has %d KiB in memory, want at most %d MiB", got, barMiB)
	}
	writes, err := audit.writes()
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range writes {
		t.Errorf("the webhook wrote: %s", write)
	}
}

// load has the API server ask for verdicts, of objects that nobody keeps.
func load(ctx context.Context, t *testing.T, c *cluster.Cluster) {
	t.Helper()
	client, err := unlimited(c.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := range reviews / 2 {
		group.Go(func() error {
			namespace, name := everybody.namespace(i%everybody.namespaces), fmt.Sprintf("new-%04d", i)
			if _, err := client.CoreV1().Services(namespace).Create(ctx, newService(namespace, name), dryRun); err != nil {
				return fmt.Errorf("creating Service %s/%s: %w", namespace, name, err)
			}
			// One in ten is denied, and meant to be.
			if _, err := client.AppsV1().DaemonSets(namespace).Create(ctx, newDaemonSet(namespace, name), dryRun); err != nil && !denied(name) {
				return fmt.Errorf("creating DaemonSet %s/%s: %w", namespace, name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects admitted or denied in %.0f s", reviews, time.Since(began).Seconds())
}
