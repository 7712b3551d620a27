package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// installReports has the cluster know OpenReports, by the CRD in its module.
func installReports(ctx context.Context, t *testing.T, c *cluster.Cluster) {
	t.Helper()
	folder, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/openreports/reports-api").Output()
	if err != nil {
		t.Fatalf("finding the module of OpenReports: %v", err)
	}
	crd, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "config", "crd", "openreports.io_reports.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	apply(ctx, t, c, string(crd))
	if _, err := c.Kubectl(ctx, "", "wait", "--for=condition=Established", "crd/reports.openreports.io"); err != nil {
		t.Fatal(err)
	}
}

// report is what is looked at of a Report.
type report struct {
	Metadata metav1.ObjectMeta
	Summary  struct{ Pass, Fail, Warn, Error, Skip int }
	Results  []struct{ Policy, Rule, Result string }
}

// readReports are the reports of all namespaces.
func readReports(ctx context.Context, c *cluster.Cluster) ([]report, error) {
	text, err := c.Client().Discovery().RESTClient().Get().AbsPath("/apis/openreports.io/v1alpha1/reports").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing reports: %w", err)
	}
	var list struct{ Items []report }
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("reading reports: %w", err)
	}
	return list.Items, nil
}

// converged waits until every namespace was judged since the program started, and
// checks that each has one report, which says what its daemons are like.
func converged(ctx context.Context, t *testing.T, c *cluster.Cluster, w *webhook) {
	t.Helper()
	err := cluster.Wait(ctx, "the audit to converge", limit, func(ctx context.Context) (bool, string, error) {
		runs, waiting := w.metric(ctx, `inshore_audit_runs_total{result="ok"}`), w.metric(ctx, "inshore_audit_waiting_namespaces")
		return runs >= float64(everybody.namespaces) && waiting == 0, fmt.Sprintf("%.0f passes, %.0f namespaces wait", runs, waiting), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	reports, err := readReports(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	byNamespace := map[string][]report{}
	for _, r := range reports {
		byNamespace[r.Metadata.Namespace] = append(byNamespace[r.Metadata.Namespace], r)
	}
	for i := range everybody.namespaces {
		namespace := everybody.namespace(i)
		if got := byNamespace[namespace]; len(got) != 1 {
			t.Errorf("namespace %s has %d reports, want one", namespace, len(got))
		} else if got[0].Summary.Fail == 0 || got[0].Summary.Warn+got[0].Summary.Fail != len(got[0].Results) {
			t.Errorf("namespace %s has daemons with a hostPort, and its report says %+v", namespace, got[0].Summary)
		}
		delete(byNamespace, namespace)
	}
	for namespace := range byNamespace {
		t.Errorf("namespace %s has nothing that opted in, and a report", namespace)
	}
}

// metric is the value of a series; 0 if it is not there.
func (w *webhook) metric(ctx context.Context, series string) float64 {
	w.t.Helper()
	_, text, err := get(ctx, "http://"+w.metrics+"/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				w.t.Fatalf("%s: %v", series, err)
			}
			return number
		}
	}
	return 0
}
