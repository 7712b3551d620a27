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
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
)

// limit bounds every wait.
const limit = 5 * time.Minute

// The cluster, and what the webhook may cost in it. It takes 54 to 60 MiB here, half
// of which are pages of the program that the kernel can drop.
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
	c := start(ctx, t, "scale", audit)
	installReports(ctx, t, c)
	began := time.Now()
	if err := everybody.create(ctx, c.RESTConfig()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects in %d namespaces created in %.0f s", everybody.objects(), everybody.namespaces, time.Since(began).Seconds())

	if _, err := cluster.BuildGo(ctx, outside.Program); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	w := startWebhook(ctx, t, c)
	w.ready(ctx)
	t.Logf("ready after %.1f s: %s", time.Since(began).Seconds(), w.resident())
	converged(ctx, t, c, w)
	t.Logf("the audit has converged after %.1f s: %s", time.Since(began).Seconds(), w.resident())
	first := tallyOf(t, audit)
	t.Logf("written: %v", first)
	first.atMost(t, "patch reports.openreports.io", everybody.namespaces)
	first.atMost(t, "create events.events.k8s.io", 100) // the bucket's, whatever is wrong with 10,000 objects
	first.nothingElse(t, "create leases.coordination.k8s.io", "update leases.coordination.k8s.io")

	for range 2 {
		load(ctx, t, c)
		t.Logf("after %d admissions: %s", reviews, w.resident())
	}
	if got := w.resident().total; got > barMiB<<10 {
		t.Errorf("the webhook has %d KiB in memory, want at most %d MiB", got, barMiB)
	}
	changes(ctx, t, c, audit)
	again(ctx, t, c, audit, w)
}

// changes writes what concerns no rule, which must cost the API server nothing,
// and then what does: one report each.
func changes(ctx context.Context, t *testing.T, c *cluster.Cluster, audit auditLog) {
	t.Helper()
	client, err := unlimited(c.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	before := tallyOf(t, audit)
	quiet, loud := everybody.namespace(1), everybody.namespace(2)
	edit := func(namespace, patch string, subresource ...string) {
		t.Helper()
		_, err := client.AppsV1().DaemonSets(namespace).Patch(ctx, "daemon-00", types.MergePatchType, []byte(patch), metav1.PatchOptions{}, subresource...)
		if err != nil {
			t.Fatal(err)
		}
	}
	edit(quiet, `{"status": {"currentNumberScheduled": 3, "desiredNumberScheduled": 3, "numberMisscheduled": 0, "numberReady": 1}}`, "status")
	edit(quiet, `{"metadata": {"annotations": {"example.com/seen": "today"}}}`)
	edit(loud, `{"spec": {"minReadySeconds": 0}}`)
	wrote := func(namespace string) {
		t.Helper()
		err := cluster.Wait(ctx, "the report of "+namespace, limit, func(context.Context) (bool, string, error) {
			now := tallyOf(t, audit)
			return now.reports[namespace] > before.reports[namespace], fmt.Sprint(now), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wrote(loud)
	// What was quiet had its time: the same namespace is judged now.
	edit(quiet, `{"spec": {"minReadySeconds": 0}}`)
	wrote(quiet)
	if now := tallyOf(t, audit); now.reports[loud]-before.reports[loud] != 1 || now.reports[quiet]-before.reports[quiet] != 1 ||
		now.requests["patch reports.openreports.io"]-before.requests["patch reports.openreports.io"] != 2 {
		t.Errorf("two changes that rules read: %v, before %v; want one report each", now, before)
	}
}

// again lets the next leader begin: it finds the reports as they are.
func again(ctx context.Context, t *testing.T, c *cluster.Cluster, audit auditLog, w *webhook) {
	t.Helper()
	w.stop()
	before := tallyOf(t, audit)
	next := startWebhook(ctx, t, c)
	next.ready(ctx)
	converged(ctx, t, c, next)
	t.Logf("the next one has converged: %s", next.resident())
	if now := tallyOf(t, audit); now.requests["patch reports.openreports.io"] != before.requests["patch reports.openreports.io"] {
		t.Errorf("a second pass without changes wrote reports: %v, before %v", now, before)
	}
}

// start starts a cluster that ends with the test.
func start(ctx context.Context, t *testing.T, name string, audit auditLog) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(ctx, cluster.Config{Name: name, APIServerArgs: audit.flags(), Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			logs := filepath.Join(os.TempDir(), "inshore-logs-"+name)
			t.Logf("the logs of every component are in %s (%v)", logs, c.CollectLogs(logs))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
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
