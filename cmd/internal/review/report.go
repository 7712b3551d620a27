package review

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
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
	// Excepted are findings that do not count, because somebody answers for them
	// in a NodeLocalPolicy.
	Excepted []ExceptedResult `json:"excepted"`
	// Stale are the baseline's entries that match no finding any more; it is nil
	// where there is no baseline.
	Stale []Known `json:"stale,omitempty"`

	files  int
	judged []Ref // the objects with annotations of ours
}

// Summary counts. Objects are all Kubernetes objects that were read, Errors and
// Warnings are among the results.
type Summary struct {
	Objects  int `json:"objects"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	// Known counts what a baseline left out, Unchanged what was left out because
	// it is in an object that did not change since a revision.
	Known     int `json:"known,omitempty"`
	Unchanged int `json:"unchanged,omitempty"`
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
	// Fingerprint is the same for the same finding wherever in its file it stands.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Source is the template that Helm rendered the object from, where the
	// rendered text says so.
	Source string `json:"source,omitempty"`
	// ObjectLine is where the object begins.
	ObjectLine int `json:"-"`
}

// ExceptedResult is a finding that an exception lets pass.
type ExceptedResult struct {
	Result
	Exception v1alpha1.Exception `json:"exception"`
	// Policy is the NodeLocalPolicy that holds the exception.
	Policy string `json:"policy"`
}

// Ref is the object that the result is about.
func (r Result) Ref() Ref {
	return Ref{File: r.File, Line: r.ObjectLine, APIVersion: r.APIVersion, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
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
	report := &Report{
		Version: ReportVersion,
		Results: []Result{}, Mutations: []Mutation{}, Excepted: []ExceptedResult{},
		files: o.Files,
	}
	report.Summary.Objects = o.Objects
	report.Results = slices.Grow(report.Results, o.results())
	for _, problem := range o.Problems {
		report.Results = append(report.Results, malformed(problem))
	}
	for _, verdict := range o.Verdicts {
		report.add(verdict)
	}
	slices.SortStableFunc(report.Results, compareResults)
	slices.SortStableFunc(report.Excepted, func(a, b ExceptedResult) int { return compareResults(a.Result, b.Result) })
	report.fingerprint()
	report.nameSources(o.stdin)
	report.count()
	return report
}

// results is how many there will be: a list that grew would have held most of
// them twice.
func (o *Outcome) results() int {
	count := len(o.Problems)
	for i := range o.Verdicts {
		count += len(o.Verdicts[i].Findings)
	}
	return count
}

// compareResults is the order of files and of what stands in them.
func compareResults(a, b Result) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
}

// count sums up the results that are left.
func (r *Report) count() {
	r.Summary.Errors, r.Summary.Warnings = tally(r.Results)
}

func tally(results []Result) (errors, warnings int) {
	for _, result := range results {
		if result.Severity == policies.SeverityError {
			errors++
		} else {
			warnings++
		}
	}
	return errors, warnings
}

func (r *Report) add(verdict Verdict) {
	if verdict.Asked {
		r.judged = append(r.judged, verdict.Ref)
	}
	for _, finding := range verdict.Findings {
		r.Results = append(r.Results, verdict.result(finding.Result, finding.Line))
	}
	for _, excepted := range verdict.Excepted {
		r.Excepted = append(r.Excepted, ExceptedResult{
			Result:    verdict.result(excepted.Result, excepted.Line),
			Exception: excepted.Exception, Policy: excepted.Policy,
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

// result is a rule's result in its place.
func (v *Verdict) result(of policies.Result, line int) Result {
	return Result{
		ID: of.ID, Severity: of.Severity,
		File: v.File, Line: line, ObjectLine: v.Line,
		APIVersion: v.APIVersion, Kind: v.Kind, Namespace: v.Namespace, Name: v.Name,
		Field: of.Field, Message: of.Message, Remedy: of.Remedy,
	}
}

// Failed reports whether any result is as severe as the threshold.
func (r *Report) Failed(threshold policies.Severity) bool {
	return slices.ContainsFunc(r.Results, func(result Result) bool { return result.fails(threshold) })
}

func (r Result) fails(threshold policies.Severity) bool {
	return r.Severity == policies.SeverityError || threshold == policies.SeverityWarning
}

// malformed is a problem as a result. A chart's templates are not an error:
// nobody keeps them for an API server to read as they are.
func malformed(problem manifest.Problem) Result {
	severity := policies.SeverityError
	if problem.Foreign {
		severity = policies.SeverityWarning
	}
	return Result{
		ID: cmp.Or(problem.ID, policies.IDMalformed), Severity: severity,
		File: problem.File, Line: problem.Line,
		Message: problem.Message, Remedy: problem.Remedy,
	}
}
