package metricdoc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/cmd/internal/metricdoc"
)

func ExampleTable() {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "inshore_calls_total", Help: "Calls.", ConstLabels: prometheus.Labels{"zone": `a "b", c="d"`}}, []string{"result", "code"}))
	metrics, err := metricdoc.Describe(registry)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(metricdoc.Table(metrics, "inshore_"))
	// Output:
	// | metric | type | labels | meaning |
	// |---|---|---|---|
	// | `inshore_calls_total` | counter | `code`, `result`, `zone` | Calls. |
}

func TestWhatHasSeriesHasItsType(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Help: `It "took".`}),
		prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "state", Help: "State."}, nil),
	)
	metrics, err := metricdoc.Describe(registry)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, metric := range metrics {
		got = append(got, metric.Name+" "+metric.Type+" "+metric.Help)
	}
	if want := []string{"state gauge State.", `took_seconds histogram It "took".`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPageWithoutTheSectionIsAnError(t *testing.T) {
	if _, _, _, err := metricdoc.Section("# Metrics\n<!-- begin a -->\n", "a"); err == nil || !strings.Contains(err.Error(), "end a") {
		t.Errorf("got %v", err)
	}
	if err := metricdoc.Write(t.TempDir()+"/nowhere.md", "a", ""); err == nil {
		t.Error("no error")
	}
}
