package ruletest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/ruletest"
)

const rule = `# METADATA
# title: A Service has a name of three letters
# schemas:
#   - input: schema.service
# custom:
#   id: ACME001
#   severity: warning
#   kinds: [Service]
#   message: "{object} is wrong."
#   remedy: Right it.
package acme.name

import data.inshore.lib.intent

violation contains {"field": "metadata.name"} if {
	intent.opted_in
	count(input.object.metadata.name) != 3
}

violation contains {"field": "metadata"} if input.object.metadata.name == "abc"
`

const imports = "package acme.name_test\n\nimport data.acme.name\n\n"

func files(rule, tests string) fs.FS {
	return fstest.MapFS{"name.rego": {Data: []byte(rule)}, "name_test.rego": {Data: []byte(tests)}}
}

func TestTestsAreRun(t *testing.T) {
	tests := imports + `test_good if count(name.violation) == 0 with input as {"object": {"metadata": {"name": "xyz"}}}

test_bad if {
	print("seen", 1)
	found := name.violation with input as {"object": {"metadata": {"name": "x"}}, "intent": {"nodeLocal": "required"}}
	count(found) == 1
}

test_wrong if count(name.violation) == 7 with input as {"object": {"metadata": {"name": "x"}}}

test_errs if to_number("x") == 1

todo_test_later if false
`
	report, err := ruletest.Run(t.Context(), ruletest.Config{Bundles: []fs.FS{policies.Named("mine", files(rule, tests))}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]ruletest.Outcome{}
	for _, result := range report.Results {
		got[result.Name] = result.Outcome
		if result.File != "mine/name_test.rego" || result.Line == 0 || result.Package != "acme.name_test" {
			t.Errorf("got %+v", result)
		}
	}
	want := map[string]ruletest.Outcome{
		"test_good": ruletest.Passed, "test_bad": ruletest.Passed, "test_wrong": ruletest.Failed,
		"test_errs": ruletest.Errored, "todo_test_later": ruletest.Skipped,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := report.Summary; report.OK() || s.Tests != 5 || s.Passed != 2 || s.Failed != 1 || s.Errored != 1 || s.Skipped != 1 {
		t.Errorf("got %+v", s)
	}
	if report.Results[1].Output != "seen 1\n" {
		t.Errorf("printed %q", report.Results[1].Output)
	}
}

func TestCoverageIsOfTheBundlesRules(t *testing.T) {
	tests := imports + `test_good if count(name.violation) == 0 with input as {"object": {"metadata": {"name": "xyz"}}}` + "\n"
	report, err := ruletest.Run(t.Context(), ruletest.Config{Bundles: []fs.FS{files(rule, tests)}})
	if err != nil {
		t.Fatal(err)
	}
	if report.Summary.Coverage <= 0 || report.Summary.Coverage >= 100 || len(report.Uncovered) == 0 {
		t.Errorf("got %+v, %+v", report.Summary, report.Uncovered)
	}
	for _, lines := range report.Uncovered {
		if lines.File != "name.rego" {
			t.Errorf("%s is none of theirs", lines.File)
		}
	}
}

func TestWhatCannotRun(t *testing.T) {
	good := imports + "test_x if name.violation with input as {}\n"
	for sentence, test := range map[string]struct{ rule, tests, says string }{
		"a rule that does not compile":       {rule + "\nx := nothing\n", good, "name.rego:22"},
		"a test that does not parse":         {rule, imports + "test_x if {\n", "name_test.rego:6"},
		"a test that asks the network":       {rule, imports + `test_x if http.send({"method": "GET", "url": "http://localhost"})` + "\n", "undefined function http.send"},
		"an id of ours":                      {strings.ReplaceAll(rule, "ACME001", "ISH901"), good, "custom.id ISH901"},
		"a field that admission has not got": {strings.ReplaceAll(rule, "metadata.name ==", "metadata.nme =="), good, "undefined ref"},
	} {
		t.Run(sentence, func(t *testing.T) {
			_, err := ruletest.Run(t.Context(), ruletest.Config{Bundles: []fs.FS{files(test.rule, test.tests)}})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("want an error that says %q, got %v", test.says, err)
			}
		})
	}
	t.Run("no test at all", func(t *testing.T) {
		_, err := ruletest.Run(t.Context(), ruletest.Config{Bundles: []fs.FS{fstest.MapFS{"name.rego": {Data: []byte(rule)}}}})
		if !errors.Is(err, ruletest.ErrNone) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no test of the name", func(t *testing.T) {
		_, err := ruletest.Run(t.Context(), ruletest.Config{Bundles: []fs.FS{files(rule, good)}, Run: "nothing"})
		if !errors.Is(err, ruletest.ErrNone) {
			t.Errorf("got %v", err)
		}
	})
}

func ExampleRun() {
	report, err := ruletest.Run(context.Background(), ruletest.Config{Bundles: []fs.FS{files(rule, imports+"test_x if name.violation with input as {}\n")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Summary.Passed, "of", report.Summary.Tests)
	// Output: 1 of 1
}
