package review

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/policies"
)

// ReportVersion is the version of the report's form, not of Inshore: it changes
// when a field changes its meaning or goes away.
const ReportVersion = "v1"

// Report is what every format renders: all results in one list, sorted by file
// and line. Its JSON is a contract with the programs that read it.
type Report struct {
	Version   string     `json:"version"`
	Summary   Summary    `json:"summary"`
	Results   []Result   `json:"results"`
	Mutations []Mutation `json:"mutations"`

	files int
	asked int
}

// Summary counts. Objects are all Kubernetes objects that were read.
type Summary struct {
	Objects  int `json:"objects"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
}

// Result is one finding in one place. What cannot be read (ISH001) names no
// object.
type Result struct {
	ID         string            `json:"id"`
	Severity   policies.Severity `json:"severity"`
	File       string            `json:"file"`
	Line       int               `json:"line"`
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Field      string            `json:"field"`
	Message    string            `json:"message"`
	Remedy     string            `json:"remedy"`
}

// Mutation is what admission would do to one object, as RFC 6902.
type Mutation struct {
	File      string          `json:"file"`
	Line      int             `json:"line"`
	Kind      string          `json:"kind"`
	Namespace string          `json:"namespace"`
	Name      string          `json:"name"`
	Patch     json.RawMessage `json:"patch"`
}

// Report puts the outcome in order.
func (o *Outcome) Report() *Report {
	// Empty lists, not null: programs iterate over them.
	report := &Report{Version: ReportVersion, Results: []Result{}, Mutations: []Mutation{}, files: o.Files}
	report.Summary.Objects = o.Objects
	for _, problem := range o.Problems {
		report.Results = append(report.Results, malformed(problem))
	}
	for _, verdict := range o.Verdicts {
		report.add(verdict)
	}
	slices.SortStableFunc(report.Results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
	})
	for _, result := range report.Results {
		if result.Severity == policies.SeverityError {
			report.Summary.Errors++
		} else {
			report.Summary.Warnings++
		}
	}
	return report
}

func (r *Report) add(verdict Verdict) {
	if verdict.Asked {
		r.asked++
	}
	for _, finding := range verdict.Findings {
		r.Results = append(r.Results, Result{
			ID: finding.ID, Severity: finding.Severity,
			File: verdict.File, Line: finding.Line,
			APIVersion: verdict.APIVersion, Kind: verdict.Kind, Namespace: verdict.Namespace, Name: verdict.Name,
			Field: finding.Field, Message: finding.Message, Remedy: finding.Remedy,
		})
	}
	if len(verdict.Patch) > 0 {
		r.Mutations = append(r.Mutations, Mutation{
			File: verdict.File, Line: verdict.Line,
			Kind: verdict.Kind, Namespace: verdict.Namespace, Name: verdict.Name,
			Patch: verdict.Patch.AppendJSON(nil),
		})
	}
}

// Failed reports whether any result is as severe as the threshold.
func (r *Report) Failed(threshold policies.Severity) bool {
	return r.Summary.Errors > 0 || threshold == policies.SeverityWarning && r.Summary.Warnings > 0
}

// malformed is a problem as a result. A chart's templates are not an error:
// nobody keeps them for an API server to read as they are.
func malformed(problem manifest.Problem) Result {
	severity := policies.SeverityError
	if problem.Foreign {
		severity = policies.SeverityWarning
	}
	return Result{
		ID: policies.IDMalformed, Severity: severity,
		File: problem.File, Line: problem.Line,
		Message: problem.Message, Remedy: problem.Remedy,
	}
}
