package monitoring

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// programs are the two whose alerts and dashboards are shipped.
var programs = []string{"webhook", "agent"}

// groups are the rule groups of a PrometheusRule.
type groups struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	} `json:"groups"`
}

// rule is an alert.
type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// shipped is the path of a file that is shipped for a program.
func shipped(t *testing.T, program, file string) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "manifests", "monitoring", program, file)
}

// rules reads a program's alerts. Prometheus' own rule files are the spec of the
// operator's resource.
func rules(t *testing.T, program string) groups {
	t.Helper()
	text, err := os.ReadFile(shipped(t, program, "prometheusrule.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var resource struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       groups         `json:"spec"`
	}
	if err := yaml.UnmarshalStrict(text, &resource); err != nil {
		t.Fatal(err)
	}
	return resource.Spec
}

// promtool runs Prometheus' own tool.
func promtool(t *testing.T, args ...string) string {
	t.Helper()
	dir, err := cluster.BuildPrometheus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "promtool"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// write writes value as JSON, which is YAML as well.
func write(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAlertsAreValid(t *testing.T) {
	for _, program := range programs {
		promtool(t, "check", "rules", "--lint=all", "--lint-fatal", write(t, rules(t, program)))
	}
}

func TestAlertsFireWhenTheyShouldAndNotElse(t *testing.T) {
	for program, behaviours := range map[string]map[string]behaviour{"webhook": webhookAlerts, "agent": agentAlerts} {
		t.Run(program, func(t *testing.T) {
			untested := maps.Clone(behaviours)
			args := []string{"test", "rules"}
			for _, group := range rules(t, program).Groups {
				for _, rule := range group.Rules {
					b, tested := behaviours[rule.Alert]
					if !tested {
						t.Errorf("no test says when %s fires", rule.Alert)
					}
					delete(untested, rule.Alert)
					// A file for each: promtool evaluates all rules of a file every minute of each test.
					alone := map[string]any{"groups": []any{map[string]any{"name": group.Name, "rules": []any{rule}}}}
					args = append(args, write(t, map[string]any{
						"rule_files": []string{write(t, alone)}, "evaluation_interval": "1m",
						"tests": []promTest{newPromTest(rule.Alert, b.after, b.fires, true), newPromTest(rule.Alert, b.after, b.quiet, false)},
					}))
				}
			}
			for name := range untested {
				t.Errorf("there is no alert %s", name)
			}
			promtool(t, args...)
		})
	}
}

// promTest is a test in promtool's format.
type promTest struct {
	Name     string       `json:"name"`
	Interval string       `json:"interval"`
	Series   []promSeries `json:"input_series"`
	Tests    []promExpr   `json:"promql_expr_test"`
}

type promSeries struct {
	Series string `json:"series"`
	Values string `json:"values"`
}

type promExpr struct {
	Expr     string       `json:"expr"`
	EvalTime string       `json:"eval_time"`
	Samples  []promSample `json:"exp_samples"`
}

type promSample struct {
	Labels string  `json:"labels"`
	Value  float64 `json:"value"`
}

// newPromTest asks whether an alert fires by the series that Prometheus makes of
// it, which has no annotations: those would have to be spelt out.
func newPromTest(alert string, after int, series []string, fires bool) promTest {
	test := promTest{Name: fmt.Sprintf("%s fires: %t", alert, fires), Interval: "1m"}
	for _, line := range series {
		at := strings.LastIndex(line, "} ") + 1
		test.Series = append(test.Series, promSeries{line[:at], line[at+1:]})
	}
	expect := promExpr{
		Expr: fmt.Sprintf("group by (alertname) (ALERTS{alertname=%q,alertstate=\"firing\"})", alert), EvalTime: fmt.Sprintf("%dm", after),
	}
	if fires {
		expect.Samples = []promSample{{fmt.Sprintf("{alertname=%q}", alert), 1}}
	}
	test.Tests = []promExpr{expect}
	return test
}

func TestAlertsSayWhatTheyMeanAndWhereToRead(t *testing.T) {
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	var sections, alerts []string
	for line := range strings.Lines(string(page)) {
		if name, is := strings.CutPrefix(line, "### "); is {
			sections = append(sections, strings.TrimSpace(name))
		}
	}
	const base = "https://github.com/inshore-dev/inshore/blob/main/docs/alerts.md#"
	for _, program := range programs {
		for _, group := range rules(t, program).Groups {
			for _, rule := range group.Rules {
				alerts = append(alerts, rule.Alert)
				if !slices.Contains([]string{"critical", "warning", "info"}, rule.Labels["severity"]) {
					t.Errorf("%s is of severity %q", rule.Alert, rule.Labels["severity"])
				}
				if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
					t.Errorf("%s lacks a summary or a description", rule.Alert)
				}
				// GitHub's anchor of a heading of one word is the word in small letters.
				if want := base + strings.ToLower(rule.Alert); rule.Annotations["runbook_url"] != want {
					t.Errorf("%s links to %s, want %s", rule.Alert, rule.Annotations["runbook_url"], want)
				}
			}
		}
	}
	if !slices.Equal(sections, alerts) {
		t.Errorf("docs/alerts.md has the sections\n%v\nwant one for each alert, in their order\n%v", sections, alerts)
	}
}
