package review

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/validate"
)

var update = flag.Bool("update", false, "write the golden files in testdata instead of comparing with them")

// engine is compiled once: the rules do not change between tests.
var engine = sync.OnceValues(func() (*policies.Engine, error) {
	return policies.New(policies.Config{})
})

func config(t testing.TB) Config {
	t.Helper()
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Rules:     validate.Rules{Engine: e},
		Platform:  v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
		Namespace: "default",
	}
}

// withPolicies are the rules with the policies of a folder, if it is there, on
// one day.
func withPolicies(t testing.TB, folder string) Config {
	t.Helper()
	c := config(t)
	c.Rules.Now = time.Date(2026, time.February, 2, 0, 0, 0, 0, time.UTC)
	if _, err := os.Stat(folder); err == nil {
		found, err := ReadPolicies([]string{folder})
		if err != nil {
			t.Fatal(err)
		}
		c.Rules.Exceptions = policies.NewExceptions(found)
	}
	return c
}

// inText reviews one text as standard input.
func inText(t testing.TB, manifests string) *Outcome {
	t.Helper()
	c := config(t)
	c.Stdin = bytes.NewReader([]byte(manifests))
	outcome, err := Run(t.Context(), c, []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// presentation is that of the tests: nothing in it differs from machine to
// machine.
func presentation(t testing.TB, outcome *Outcome) Presentation {
	t.Helper()
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	// The words of the rules have their own tests.
	rules := e.Rules()
	for i := range rules {
		rules[i] = policies.Rule{ID: rules[i].ID, Title: rules[i].ID + "'s title", Description: "Why.", Remedy: "How.", Severity: rules[i].Severity}
	}
	report := outcome.Report()
	rules = slices.DeleteFunc(rules, func(rule policies.Rule) bool {
		return !slices.ContainsFunc(report.Results, func(r Result) bool { return r.ID == rule.ID }) &&
			!slices.ContainsFunc(report.Excepted, func(e ExceptedResult) bool { return e.ID == rule.ID })
	})
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return Presentation{Source: outcome.Source(), Rules: rules, Version: "v0.0.0", Folder: folder, FailOn: policies.SeverityError}
}

// TestGolden reviews each folder of testdata and compares every format with the
// file beside it.
func TestGolden(t *testing.T) {
	folders, err := filepath.Glob("testdata/*/in")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folders in testdata (%v)", err)
	}
	for _, folder := range folders {
		folder = filepath.Dir(folder)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			// Paths in the output are as the user gives them.
			t.Chdir(folder)
			c := withPolicies(t, "policies")
			outcome, err := Run(t.Context(), c, []string{"in"})
			if err != nil {
				t.Fatal(err)
			}
			report, explanation := outcome.Report(), outcome.Explain()
			compare(t, "review.txt", func(b *bytes.Buffer) error { return report.WriteText(b, outcome.Source(), Style{}) })
			compare(t, "review.json", func(b *bytes.Buffer) error { return report.WriteJSON(b) })
			for format, golden := range map[Format]string{
				FormatSARIF: "review.sarif", FormatJUnit: "review.junit.xml", FormatGitHub: "review.github", FormatMarkdown: "review.md",
			} {
				compare(t, golden, func(b *bytes.Buffer) error { return report.Write(b, format, presentation(t, outcome)) })
			}
			compare(t, "explain.txt", func(b *bytes.Buffer) error { return explanation.WriteText(b, Style{}) })
			compare(t, "explain.json", func(b *bytes.Buffer) error { return explanation.WriteJSON(b) })
		})
	}
}

func compare(t *testing.T, golden string, write func(*bytes.Buffer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v (go test -run TestGolden -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}
