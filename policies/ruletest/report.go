package ruletest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/tester"
)

// Outcome is how a test ended.
type Outcome string

// The outcomes. Errored is a test that could not be evaluated: too slow, two
// values for one rule, a builtin that errs. Skipped tests are named todo_test_….
const (
	Passed  Outcome = "pass"
	Failed  Outcome = "fail"
	Errored Outcome = "error"
	Skipped Outcome = "skip"
)

// Report is what came of the tests.
type Report struct {
	Summary Summary `json:"summary"`
	// Results are sorted by file and line.
	Results []Result `json:"results"`
	// Uncovered are the lines of the bundles' rules that no test evaluates.
	Uncovered []Lines `json:"uncovered,omitempty"`
}

// Summary counts the results.
type Summary struct {
	Tests   int `json:"tests"`
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Errored int `json:"errored"`
	Skipped int `json:"skipped"`
	// Coverage is how many per cent of the bundles' lines the tests evaluate.
	Coverage float64 `json:"coverage"`
}

// Result is what came of one test.
type Result struct {
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Package string  `json:"package"`
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	// Message is why the test did not pass.
	Message string `json:"message,omitempty"`
	// Output is what print() wrote.
	Output string `json:"output,omitempty"`
	// Milliseconds is how long it took.
	Milliseconds float64 `json:"milliseconds"`
}

// Lines are some of a file, the last one included.
type Lines struct {
	File string `json:"file"`
	From int    `json:"from"`
	To   int    `json:"to"`
}

// OK reports whether nothing failed.
func (r *Report) OK() bool { return r.Summary.Failed+r.Summary.Errored == 0 }

func (r *Report) add(result *tester.Result) {
	read := Result{
		File: result.Location.File, Line: result.Location.Row,
		Package: strings.TrimPrefix(result.Package, "data."), Name: result.Name,
		Outcome: Passed, Output: string(result.Output),
		Milliseconds: float64(result.Duration.Microseconds()) / 1000,
	}
	r.Summary.Tests++
	switch {
	case result.Skip:
		read.Outcome = Skipped
		r.Summary.Skipped++
	case result.Error != nil:
		read.Outcome, read.Message = Errored, result.Error.Error()
		r.Summary.Errored++
	case result.Fail:
		read.Outcome, read.Message = Failed, "it is not true"
		r.Summary.Failed++
	default:
		r.Summary.Passed++
	}
	r.Results = append(r.Results, read)
}

// cover notes what the tests do not evaluate of the bundles' own rules.
func (r *Report) cover(coverage cover.Report, own map[string]bool) {
	covered, not := 0, 0
	for name, file := range coverage.Files {
		if !own[name] || isTest(name) {
			continue
		}
		covered += file.CoveredLines
		not += file.NotCoveredLines
		for _, lines := range file.NotCovered {
			r.Uncovered = append(r.Uncovered, Lines{File: name, From: lines.Start.Row, To: lines.End.Row})
		}
	}
	if covered+not > 0 {
		r.Summary.Coverage = 100 * float64(covered) / float64(covered+not)
	}
	slices.SortFunc(r.Uncovered, func(a, b Lines) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.From, b.From)) })
}
