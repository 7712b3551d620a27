package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

func TestSpan(t *testing.T) {
	for name, test := range map[string]struct {
		line, field, want string
	}{
		"a field of its own":                 {"  clusterIP: None", "spec.clusterIP", "clusterIP: None"},
		"the first field of an item":         {"        - hostPort: 80", "ports[0].hostPort", "hostPort: 80"},
		"an item":                            {"      - name: a", "spec.template.spec.containers[0]", "- name: a"},
		"an annotation":                      {"    inshore.dev/drain: 15s  ", "metadata.annotations[inshore.dev/drain]", "inshore.dev/drain: 15s"},
		"one field of a flow mapping":        {"spec: {a: b, clusterIP: None, c: d}", "spec.clusterIP", "clusterIP: None"},
		"the last field of one":              {"spec: {clusterIP: None}", "spec.clusterIP", "clusterIP: None"},
		"a quoted key, as in JSON":           {`    "clusterIP": "None",`, "spec.clusterIP", `clusterIP": "None",`},
		"a field that is not on the line":    {"spec:", "spec.clusterIP", "spec:"},
		"a longer word that ends like it":    {"  myclusterIP: x, clusterIP: y", "spec.clusterIP", "clusterIP: y"},
		"no field":                           {"  a: b: c", "", "a: b: c"},
		"other alphabets count as people do": {"  é: {clusterIP: ü}", "clusterIP", "clusterIP: ü"},
		"nothing":                            {"   ", "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			start, end := span(test.line, test.field)
			got := ""
			if start > 0 {
				got = string([]rune(test.line)[start-1 : end-1])
			}
			if got != test.want {
				t.Errorf("span %d-%d is %q, want %q", start, end, got, test.want)
			}
		})
	}
}

func TestColourMarksTheField(t *testing.T) {
	outcome := inText(t, headless("a"))
	var b bytes.Buffer
	if err := outcome.Report().WriteText(&b, outcome.Source(), Style{Color: true}); err != nil {
		t.Fatal(err)
	}
	if want := "spec: {" + output.Bold.Paint("clusterIP: None") + ", selector: {app: a}}"; !strings.Contains(b.String(), want) {
		t.Errorf("want %q in\n%q", want, b.String())
	}
}

func TestGitHubKeepsToOneLineEach(t *testing.T) {
	outcome := inText(t, hostile)
	var b bytes.Buffer
	if err := outcome.Report().WriteGitHub(&b, presentation(t, outcome)); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "::") {
			commands++
			if properties, _, _ := strings.Cut(strings.TrimPrefix(line, "::error title="), "::"); strings.ContainsAny(properties, ":,\r") {
				t.Errorf("properties %q are not escaped", properties)
			}
		}
	}
	if want := len(outcome.Report().Results); commands != want {
		t.Errorf("%d commands of %d results:\n%s", commands, want, b.String())
	}
}

func TestMarkdownIsNoMarkup(t *testing.T) {
	outcome := inText(t, hostile)
	var b bytes.Buffer
	if err := outcome.Report().WriteMarkdown(&b, nil); err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"<b>", "<script>", "@team", "#1 ", "\n::error"} {
		if strings.Contains(b.String(), forbidden) {
			t.Errorf("%q stands in\n%s", forbidden, b.String())
		}
	}
	if opened, closed := strings.Count(b.String(), "<details>"), strings.Count(b.String(), "</details>"); opened != closed {
		t.Errorf("%d details are opened and %d closed in\n%s", opened, closed, b.String())
	}
}

// A comment that is too long is refused as a whole, so it is cut here: errors
// first, and what was cut is counted.
func TestMarkdownIsBounded(t *testing.T) {
	report := &Report{}
	for i := range 3000 {
		report.Results = append(report.Results, Result{
			ID: "ISH202", Severity: policies.SeverityWarning, File: fmt.Sprintf("dir/%04d.yaml", i), Line: 1,
			Kind: "Service", Namespace: "ns", Name: "x", Message: strings.Repeat("é|", i%40*100), Remedy: "r",
		})
	}
	report.Results = append(report.Results, Result{ID: "ISH101", Severity: policies.SeverityError, File: "z.yaml", Line: 9, Message: "the one error", Remedy: "fix it"})
	report.count()
	var b bytes.Buffer
	if err := report.WriteMarkdown(&b, nil); err != nil {
		t.Fatal(err)
	}
	if b.Len() > maxMarkdown || !utf8.Valid(b.Bytes()) {
		t.Errorf("%d bytes, valid: %v; the bound is %d", b.Len(), utf8.Valid(b.Bytes()), maxMarkdown)
	}
	for _, want := range []string{"1 error, 3000 warnings", "`z.yaml:9`", "the one error", "more in the full report", "did not fit here"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	report.Results = nil
	for range 3000 {
		report.Excepted = append(report.Excepted, ExceptedResult{Result: Result{ID: "ISH201", File: "a.yaml", Kind: "Service", Name: strings.Repeat("x", 200)}})
	}
	b.Reset()
	if err := report.WriteMarkdown(&b, nil); err != nil || b.Len() > maxMarkdown {
		t.Errorf("%d bytes of exceptions (%v); the bound is %d", b.Len(), err, maxMarkdown)
	}
}

func TestSARIFNamesFilesFromTheRoot(t *testing.T) {
	for name, test := range map[string]struct{ file, uri, base string }{
		"a relative path":              {"k8s/a b.yaml", "k8s/a%20b.yaml", sourceRoot},
		"a relative path with a colon": {"a:b.yaml", "./a:b.yaml", sourceRoot},
		"an absolute path inside":      {"/src/repo/k8s/a.yaml", "k8s/a.yaml", sourceRoot},
		"a path outside":               {"../other/a.yaml", "file:///src/other/a.yaml", ""},
		"an absolute path outside":     {"/tmp/é.yaml", "file:///tmp/%C3%A9.yaml", ""},
		"standard input":               {"-", "stdin", sourceRoot},
	} {
		t.Run(name, func(t *testing.T) {
			if uri, base := fileURI(test.file, "/src/repo"); uri != test.uri || base != test.base {
				t.Errorf("fileURI = %q %q, want %q %q", uri, base, test.uri, test.base)
			}
		})
	}
}

func TestSARIFExplainsEachRule(t *testing.T) {
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	outcome := inText(t, headless("a"))
	p := presentation(t, outcome)
	p.Rules = e.Rules()
	var b bytes.Buffer
	if err := outcome.Report().WriteSARIF(&b, p); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	rules := log.Runs[0].Tool.Driver.Rules
	for _, rule := range rules {
		if rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" || rule.Help.Markdown == "" {
			t.Errorf("%s is not explained: %+v", rule.ID, rule)
		}
	}
	for _, result := range log.Runs[0].Results {
		if result.RuleIndex == nil || rules[*result.RuleIndex].ID != result.RuleID {
			t.Errorf("%s refers to another rule", result.RuleID)
		}
	}
}

func TestJUnitFailsWithTheReview(t *testing.T) {
	report := &Report{Results: []Result{{ID: "ISH202", Severity: policies.SeverityWarning, File: "a.yaml", Line: 3, Message: "m"}}}
	for threshold, failures := range map[policies.Severity]string{policies.SeverityError: `failures="0"`, policies.SeverityWarning: `failures="1"`} {
		var b bytes.Buffer
		if err := report.WriteJUnit(&b, threshold); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), failures) != 2 || strings.Contains(b.String(), "<failure") != report.Failed(threshold) {
			t.Errorf("--fail-on %s: want %s in\n%s", threshold, failures, b.String())
		}
	}
}
