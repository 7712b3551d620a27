package webhook

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/inshore-dev/inshore/cmd/internal/metricdoc"
)

var update = flag.Bool("update", false, "write docs/metrics.md instead of comparing with it")

// discovered is what an API server says of itself. That is all it has to: metrics
// are registered before anything else is asked.
var discovered = map[string]any{
	"/api": metav1.APIVersions{Versions: []string{"v1"}},
	"/apis": metav1.APIGroupList{Groups: []metav1.APIGroup{{
		Name: "admissionregistration.k8s.io", Versions: []metav1.GroupVersionForDiscovery{{GroupVersion: "admissionregistration.k8s.io/v1", Version: "v1"}},
	}}},
	"/api/v1": metav1.APIResourceList{GroupVersion: "v1", APIResources: []metav1.APIResource{
		{Name: "secrets", Kind: "Secret", Namespaced: true}, {Name: "configmaps", Kind: "ConfigMap", Namespaced: true},
	}},
	"/apis/admissionregistration.k8s.io/v1": metav1.APIResourceList{GroupVersion: "admissionregistration.k8s.io/v1", APIResources: []metav1.APIResource{
		{Name: "mutatingwebhookconfigurations", Kind: "MutatingWebhookConfiguration"},
		{Name: "validatingwebhookconfigurations", Kind: "ValidatingWebhookConfiguration"},
	}},
}

// kubeconfig names an API server that says nothing but that.
func kubeconfig(t *testing.T) string {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		answer, known := discovered[req.URL.Path]
		if !known {
			http.NotFound(w, req)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(api.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
		"clusters": [{"name": "c", "cluster": {"server": %q}}], "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}`, api.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// registeredMetrics are the metrics of a webhook in which everything is on that registers
// any. It runs until they are there.
func registeredMetrics(t *testing.T) []metricdoc.Metric {
	t.Helper()
	o, err := parse(nil, "--kubeconfig", kubeconfig(t), "--readiness-gate=agent", "--decision-log", filepath.Join(t.TempDir(), "log"), "--shutdown-delay=0s",
		"--listen=127.0.0.1:0", "--health-listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, o, logr.Discard()) }()
	for {
		found, err := metricdoc.Describe(metrics.Registry.(*prometheus.Registry))
		if err != nil {
			t.Fatal(err)
		}
		// The last that is registered.
		if slices.ContainsFunc(found, func(m metricdoc.Metric) bool { return m.Name == "inshore_ready" }) {
			stop()
			<-ended
			return found
		}
		select {
		case err := <-ended:
			t.Fatalf("the webhook ended before its metrics were there: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestEveryMetricIsDocumented(t *testing.T) {
	table := metricdoc.Table(registeredMetrics(t), "inshore_")
	const page = "../../../docs/metrics.md"
	if *update {
		if err := metricdoc.Write(page, "webhook", table); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if _, section, _, err := metricdoc.Section(string(text), "webhook"); err != nil || section != table {
		t.Errorf("docs/metrics.md differs (%v): run go test ./cmd/internal/webhook -run %s -update; the registry has\n%s", err, t.Name(), table)
	}
}
