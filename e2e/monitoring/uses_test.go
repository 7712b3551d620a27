package monitoring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// series is what is known of a metric.
type series struct {
	labels []string
	// family is the metric that a histogram's series belong to, and else its own name.
	family string
	// agent is whether it is scraped from agents, whose targets have a label node.
	agent bool
}

// row is a line of a table in docs/metrics.md, which tests of the two programs
// compare with their registries.
var row = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (counter|gauge|histogram) \\| ([^|]*) \\|")

// documented are the metrics of docs/metrics.md, with a histogram's by the names
// of its series.
func documented(t *testing.T) map[string]series {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]series{}
	before, rest, _ := strings.Cut(string(page), "<!-- begin agent -->")
	ofAgent, after, _ := strings.Cut(rest, "<!-- end agent -->")
	for text, agent := range map[string]bool{before: false, ofAgent: true, after: false} {
		for _, cells := range row.FindAllStringSubmatch(text, -1) {
			s := series{labels: strings.FieldsFunc(cells[3], func(r rune) bool { return strings.ContainsRune("`, ", r) }), agent: agent, family: cells[1]}
			if cells[2] != "histogram" {
				known[cells[1]] = s
				continue
			}
			known[cells[1]+"_sum"], known[cells[1]+"_count"] = s, s
			s.labels = append(slices.Clone(s.labels), "le")
			known[cells[1]+"_bucket"] = s
		}
	}
	return known
}

// others are the series of both programs that libraries bring, and Prometheus' own.
var others = map[string]series{
	"up":                            {agent: true},
	"process_resident_memory_bytes": {agent: true},
	"process_cpu_seconds_total":     {agent: true},
	"rest_client_requests_total":    {labels: []string{"code", "host", "method"}},
}

// targets are the labels that the Prometheus operator gives to every series.
var targets = []string{"job", "instance", "namespace", "pod", "container", "endpoint", "service"}

// use is what an expression takes from one metric.
type use struct {
	Metric string   `json:"metric"`
	Labels []string `json:"labels"`
}

// uses has Prometheus' own parser read expressions.
func uses(t *testing.T, expressions []string) [][]use {
	t.Helper()
	dir, err := cluster.BuildPrometheus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var in, out, complaints bytes.Buffer
	for _, expression := range expressions {
		text, err := json.Marshal(expression)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(text, '\n'))
	}
	program := exec.CommandContext(t.Context(), filepath.Join(dir, "prometheus"))
	program.Stdin, program.Stdout, program.Stderr = &in, &out, &complaints
	if err := program.Run(); err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	var found [][]use
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var of []use
		if err := decoder.Decode(&of); err != nil {
			t.Fatal(err)
		}
		found = append(found, of)
	}
	if len(found) != len(expressions) {
		t.Fatalf("%d answers to %d expressions", len(found), len(expressions))
	}
	return found
}

// missing says what an expression uses that is not there.
func missing(known map[string]series, of []use) []string {
	var problems []string
	for _, u := range of {
		s, found := known[u.Metric]
		if other, is := others[u.Metric]; is {
			s, found = other, true
		}
		if !found {
			problems = append(problems, "no program exposes "+u.Metric)
			continue
		}
		for _, label := range u.Labels {
			if !slices.Contains(s.labels, label) && !slices.Contains(targets, label) && (label != "node" || !s.agent) {
				problems = append(problems, fmt.Sprintf("%s has no label %s", u.Metric, label))
			}
		}
	}
	if len(of) == 0 {
		problems = append(problems, "it uses no metric")
	}
	return problems
}

func TestAlertsUseWhatIsExposed(t *testing.T) {
	known := documented(t)
	for _, program := range programs {
		var names, expressions []string
		for _, group := range rules(t, program).Groups {
			for _, rule := range group.Rules {
				names, expressions = append(names, rule.Alert), append(expressions, rule.Expr)
			}
		}
		for i, of := range uses(t, expressions) {
			for _, problem := range missing(known, of) {
				t.Errorf("%s: %s", names[i], problem)
			}
		}
	}
}

func TestDashboardsUseWhatIsExposed(t *testing.T) {
	known := documented(t)
	for _, program := range programs {
		var titles, expressions []string
		for title, expression := range readDashboard(t, program).expressions() {
			titles, expressions = append(titles, title), append(expressions, strings.ReplaceAll(expression, "$__rate_interval", "5m"))
		}
		for i, of := range uses(t, expressions) {
			for _, problem := range missing(known, of) {
				t.Errorf("%s: %s: %s", program, titles[i], problem)
			}
		}
	}
}

func TestWhatIsNotExposedIsFound(t *testing.T) {
	known := documented(t)
	cases := map[string]string{
		`rate(inshore_admission_review_total[5m])`:                                        "no program exposes inshore_admission_review_total",
		`sum by (verdict) (inshore_admission_reviews_total)`:                              "inshore_admission_reviews_total has no label verdict",
		`inshore_admission_reviews_total{node="n"}`:                                       "inshore_admission_reviews_total has no label node",
		`sum by (le) (rate(inshore_admission_reviews_total[5m]))`:                         "inshore_admission_reviews_total has no label le",
		`inshore_agent_frontends{namespace="inshore-agent"} and on (pod) inshore_agent_x`: "no program exposes inshore_agent_x",
		`1 + 1`: "it uses no metric",
	}
	var expressions []string
	for expression := range cases {
		expressions = append(expressions, expression)
	}
	for i, of := range uses(t, expressions) {
		if got := missing(known, of); !slices.Equal(got, []string{cases[expressions[i]]}) {
			t.Errorf("%s: got %q, want %q", expressions[i], got, cases[expressions[i]])
		}
	}
}
