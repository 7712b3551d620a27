package monitoring

import (
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// The Prometheus operator's module, of which the CRDs are wanted alone: in no
// go.mod, since nothing of it is built.
const (
	operator    = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
	operatorSum = "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="
)

// operatorCRDs are the files of the operator's CRDs of some kinds.
func operatorCRDs(t *testing.T, kinds ...string) []string {
	t.Helper()
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", operator)
	download.Dir = t.TempDir() // Outside of any module.
	out, err := download.Output()
	if err != nil {
		t.Fatalf("downloading %s: %v\n%s", operator, err, out)
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	if module.Sum != operatorSum {
		t.Fatalf("%s has the sum %s, want %s", operator, module.Sum, operatorSum)
	}
	var files []string
	for _, kind := range kinds {
		files = append(files, filepath.Join(module.Dir, "example", "prometheus-operator-crd", "monitoring.coreos.com_"+kind+".yaml"))
	}
	return files
}

// testOperator applies what we ship, as docs/metrics.md says, to an API server
// that knows the operator's resources. kubectl has it refuse unknown fields.
func (w world) testOperator(t *testing.T) {
	w.T = t
	for _, file := range operatorCRDs(t, "servicemonitors", "prometheusrules") {
		w.kubectl("", "apply", "--server-side", "-f", file)
		w.kubectl("", "wait", "--for=condition=Established", "--timeout=60s", "-f", file)
	}
	for _, namespace := range []string{"inshore-system", "inshore-agent", "monitoring"} {
		w.kubectl("", "create", "namespace", namespace)
	}
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	w.kubectl("", "label", "namespace", "monitoring", "inshore.dev/metrics=true")
	// A kind that was established a moment ago may not be discovered yet.
	w.wait("manifests/monitoring to be applied", func(ctx context.Context) (bool, string) {
		out, err := w.c.Kubectl(ctx, "", "apply", "-k", filepath.Join(root, "manifests", "monitoring"))
		if err != nil {
			return false, err.Error()
		}
		return true, out
	})
	w.kubectl("", "delete", "-k", filepath.Join(root, "manifests", "monitoring"))
}
