package monitoring

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
)

// limit is for whatever is waited for, on a busy host too.
const limit = 3 * time.Minute

// receiver is where the API server sends its spans: on its own loopback, by gRPC,
// which is all that it speaks.
const receiver = "127.0.0.1:4317"

const tracingConfiguration = `
apiVersion: apiserver.config.k8s.io/v1
kind: TracingConfiguration
endpoint: ` + receiver + `
samplingRatePerMillion: 1000000
`

// world is an API server that traces, and a webhook that does.
type world struct {
	*testing.T
	c       *cluster.Cluster
	spans   *collector
	metrics string
}

func start(t *testing.T) world {
	t.Helper()
	const name = "e2e-monitoring"
	logs := filepath.Join(os.TempDir(), "inshore-logs-"+name)
	c, err := cluster.Start(t.Context(), cluster.Config{
		Name: name, Progress: os.Stderr, FailureLogs: logs,
		ControlPlaneFiles: map[string]string{"lib/inshore/tracing.yaml": tracingConfiguration},
		APIServerArgs:     []string{"--tracing-config-file=/var/lib/inshore/tracing.yaml"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs are in %s (%v)", logs, c.CollectLogs(logs))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	w := world{T: t, c: c, spans: &collector{}, metrics: outside.FreeAddress(t)}
	inside, err := c.ControlPlane().Listen(t.Context(), "tcp", receiver)
	if err != nil {
		t.Fatal(err)
	}
	w.spans.serve(t, inside)
	w.runWebhook()
	return w
}

// runWebhook runs it on the host and has the API server call it for Services.
func (w world) runWebhook() {
	w.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	w.spans.serve(w.T, listener)
	certificate, bundle, err := w.c.ServingCertificate("127.0.0.1")
	if err != nil {
		w.Fatal(err)
	}
	w.Setenv("OTEL_BSP_SCHEDULE_DELAY", "200") // Milliseconds; the default of 5 s is long for a test.
	address := outside.FreeAddress(w)
	outside.Run(w, "--kubeconfig", w.c.Kubeconfig(), "--listen", address, "--cert-dir", outside.WriteCertificate(w, certificate),
		"--metrics-listen", w.metrics, "--health-listen", "", "--tracing-endpoint", "http://"+listener.Addr().String(), "--tracing-sampling-ratio", "0")
	relay := outside.Relay(w, w.c, address)
	for _, hook := range []struct{ kind, phase, url, failure string }{
		{"MutatingWebhookConfiguration", "mutate", relay, "Ignore"},
		{"ValidatingWebhookConfiguration", "validate", relay, "Fail"},
		// Nobody answers there, so that the API server lets everything pass without an answer.
		{"MutatingWebhookConfiguration", "nobody", "127.0.0.1:1", "Ignore"},
	} {
		w.kubectl(fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: %[1]s
metadata: {name: %[2]s}
webhooks:
  - name: services.%[2]s.inshore.dev
    clientConfig: {url: "https://%[3]s/%[2]s/services", caBundle: %[4]s}
    rules: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: [CREATE, UPDATE], scope: Namespaced}]
    sideEffects: None
    failurePolicy: %[5]s
    admissionReviewVersions: [v1]
`, hook.kind, hook.phase, hook.url, bundle, hook.failure), "apply", "-f", "-")
	}
}

func (w world) kubectl(stdin string, args ...string) {
	w.Helper()
	if _, err := w.c.Kubectl(w.Context(), stdin, args...); err != nil {
		w.Fatalf("kubectl %v: %v", args, err)
	}
}

func (w world) wait(what string, check func(context.Context) (bool, string)) {
	w.Helper()
	err := cluster.Wait(w.Context(), what, limit, func(ctx context.Context) (bool, string, error) {
		done, state := check(ctx)
		return done, state, w.c.Err()
	})
	if err != nil {
		w.Fatal(err)
	}
}

// service opts in by a word.
func service(name, word string) string {
	return `
apiVersion: v1
kind: Service
metadata:
  name: ` + name + `
  namespace: default
  annotations: {inshore.dev/node-local: ` + word + `}
spec:
  selector: {app: proxy}
  ports: [{port: 11211}]
`
}

// TestWithARealAPIServer has one that traces call the webhook, and looks at the
// spans of both, and at the metrics that are the API server's.
func TestWithARealAPIServer(t *testing.T) {
	w := start(t)
	w.wait("a verdict", func(ctx context.Context) (bool, string) {
		out, err := w.c.Kubectl(ctx, service("typo", "requird"), "create", "-f", "-")
		return err != nil && strings.Contains(err.Error(), "ISH002"), fmt.Sprint(out, err)
	})
	w.kubectl(service("proxy", "required"), "create", "-f", "-")
	t.Run("a review's span is a child of the API server's", w.testSpans)
	t.Run("the API server has the metrics that we use", w.testMetrics)
	t.Run("the webhook has what libraries bring", w.testOthers)
	t.Run("the Prometheus operator's resources are what we ship", w.testOperator)
}

func (w world) testSpans(t *testing.T) {
	w.T = t
	sent := 0
	for phase, children := range map[string][]string{"mutate": {"decode", "mutate", "encode"}, "validate": {"decode", "evaluate", "encode"}} {
		var review span
		w.wait("the spans of "+phase, func(ctx context.Context) (bool, string) {
			// An API server that found nobody to send its spans to when it started has
			// lost the first ones, and waits longer each time.
			sent++
			if _, err := w.c.Kubectl(ctx, service(fmt.Sprintf("traced-%d", sent), "required"), "create", "--dry-run=server", "-f", "-"); err != nil {
				return false, err.Error()
			}
			ours := w.spans.all(func(s span) bool {
				return s.service == "inshore-webhook" && s.Name == "admission "+phase+" Service" && strings.HasPrefix(s.attributes()["inshore.object.name"], "traced-")
			})
			for _, review = range ours {
				if above, found := w.spans.parent(review); found && above.service == "apiserver" {
					return true, ""
				}
			}
			return false, fmt.Sprintf("%d of %d requests have spans of ours, and none a parent", len(ours), sent)
		})
		attributes := review.attributes()
		if attributes["k8s.namespace.name"] != "default" || attributes["inshore.review.operation"] != "CREATE" || attributes["inshore.object.kind"] != "Service" {
			t.Errorf("%s: attributes are %v", phase, attributes)
		}
		for _, name := range children {
			child, found := w.spans.child(review, name)
			if !found {
				t.Errorf("%s has no child %s", phase, name)
				continue
			}
			if child.StartTimeUnixNano < review.StartTimeUnixNano || child.EndTimeUnixNano > review.EndTimeUnixNano {
				t.Errorf("%s: %s is not within it", phase, name)
			}
			if name == "evaluate" && child.attributes()["inshore.policies.revision"] == "" {
				t.Errorf("evaluate has the attributes %v", child.attributes())
			}
		}
	}
}

// families reads Prometheus' text format.
func families(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// expose fails for each series that is used and is not there, or not with its labels.
func expose(t *testing.T, found map[string]*dto.MetricFamily, wanted map[string]series) {
	t.Helper()
	for name, s := range wanted {
		family := found[name]
		if family == nil {
			t.Errorf("%s is not exposed", name)
			continue
		}
		for _, label := range s.labels {
			if !slices.ContainsFunc(family.Metric[0].Label, func(l *dto.LabelPair) bool { return l.GetName() == label }) {
				t.Errorf("%s has the labels %v, and not %s", name, family.Metric[0].Label, label)
			}
		}
	}
}

func (w world) testMetrics(t *testing.T) {
	text, err := w.c.Kubectl(t.Context(), "", "get", "--raw", "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]series{}
	for name, s := range documented(t) {
		// A bucket has one label more.
		if strings.HasPrefix(name, "apiserver_") && !strings.HasSuffix(name, "_bucket") {
			wanted[s.family] = s
		}
	}
	if len(wanted) != 3 {
		t.Errorf("docs/metrics.md has %v of the API server", wanted)
	}
	expose(t, families(t, text), wanted)
}

func (w world) testOthers(t *testing.T) {
	response, err := http.Get("http://" + w.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]series{}
	for name, s := range others {
		if name != "up" { // Prometheus makes it.
			wanted[name] = s
		}
	}
	expose(t, families(t, string(text)), wanted)
}
