package agent

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/agent/kube"
	"github.com/inshore-dev/inshore/cmd/internal/metricdoc"
)

var update = flag.Bool("update", false, "write docs/metrics.md instead of comparing with it")

// registered are the metrics in an agent's registry.
func registered(t *testing.T, a *api) []metricdoc.Metric {
	t.Helper()
	config, err := restConfig(a.kubeconfig(t), "")
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	config.Wrap(countRequests(registry))
	client, err := kube.New(config)
	if err != nil {
		t.Fatal(err)
	}
	o := &options{nodeName: "node-0", scope: "opted-in", healthListen: "127.0.0.1:0", metricsListen: "127.0.0.1:0", orphanTimeout: time.Minute}
	n := node{open: func() (*carrier, error) {
		return &carrier{Datapath: &datapath.Fake{}, describe: func() introspect.Datapath { return introspect.Datapath{} }}, nil
	}}
	p, err := newProcess(o, own{}, n, client, registry, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.closeServers(); err != nil {
		t.Error(err)
	}
	metrics, err := metricdoc.Describe(registry)
	if err != nil {
		t.Fatal(err)
	}
	return metrics
}

// scraped is what an agent with a Service shows.
func scraped(t *testing.T, a *api) map[string]*dto.MetricFamily {
	t.Helper()
	a.set(cache())
	r := startAgent(t, a, own{})
	r.await("ready", r.ready)
	_, text := r.get(r.metrics + "/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// labels are those of a family's first series, sorted.
func labels(family *dto.MetricFamily) []string {
	var names []string
	for _, label := range family.Metric[0].Label {
		names = append(names, label.GetName())
	}
	slices.Sort(names)
	return names
}

func TestEveryMetricIsDocumented(t *testing.T) {
	a := newAPI(t)
	metrics := registered(t, a)
	for name, family := range scraped(t, a) {
		if !strings.HasPrefix(name, "inshore_") {
			continue
		}
		// The counters of Services are streamed past the registry.
		if name == "inshore_agent_connections_total" {
			metrics = append(metrics, metricdoc.Metric{
				Name: name, Type: strings.ToLower(family.GetType().String()), Labels: labels(family), Help: family.GetHelp(),
			})
			continue
		}
		if !slices.ContainsFunc(metrics, func(m metricdoc.Metric) bool {
			return m.Name == name && slices.Equal(m.Labels, labels(family)) && m.Type == strings.ToLower(family.GetType().String())
		}) {
			t.Errorf("/metrics has %s with labels %v, which the registry has not", name, labels(family))
		}
	}
	slices.SortFunc(metrics, func(a, b metricdoc.Metric) int { return strings.Compare(a.Name, b.Name) })
	table := metricdoc.Table(metrics, "inshore_")
	const page = "../../../docs/metrics.md"
	if *update {
		if err := metricdoc.Write(page, "agent", table); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if _, section, _, err := metricdoc.Section(string(text), "agent"); err != nil || section != table {
		t.Errorf("docs/metrics.md differs (%v): run go test ./cmd/internal/agent -run %s -update; the agent has\n%s", err, t.Name(), table)
	}
}
