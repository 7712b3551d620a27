package policies

import (
	"cmp"
	"slices"
)

// Severity is what a finding does to an admission request.
type Severity string

// The severities: an error denies the request, a warning is shown to the user.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Result is one finding about one object.
type Result struct {
	// ID names the rule, for example ISH201.
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	// Field is the path of what is wrong, as Kubernetes writes paths:
	// spec.template.spec.containers[0].ports[1].hostPort. It may name a field
	// that the object does not have, where that is the fault; it is empty if
	// the finding is about no field.
	Field string `json:"field"`
	// Message says what is wrong, where, and what comes of it.
	Message string `json:"message"`
	// Remedy says what to do.
	Remedy string `json:"remedy"`
}

// Decision is the verdict on one object.
type Decision struct {
	// Revision is the content hash of the rules that gave the verdict.
	Revision string `json:"revision"`
	// Results are sorted: errors before warnings, then by id, field and
	// message.
	Results []Result `json:"results"`
	// Excepted are findings that do not count, because somebody answers for
	// them in a NodeLocalPolicy.
	Excepted []Excepted `json:"excepted,omitempty"`
	// Grace are the ids of rules that would deny, and warn because their
	// exception expired less than [ExceptionGrace] ago.
	Grace []string `json:"grace,omitempty"`
}

// Errors are the results that deny.
func (d Decision) Errors() []Result { return d.of(SeverityError) }

// Warnings are the results that warn.
func (d Decision) Warnings() []Result { return d.of(SeverityWarning) }

// Denied reports whether any result denies.
func (d Decision) Denied() bool {
	return slices.ContainsFunc(d.Results, func(r Result) bool { return r.Severity == SeverityError })
}

func (d Decision) of(severity Severity) []Result {
	var results []Result
	for _, result := range d.Results {
		if result.Severity == severity {
			results = append(results, result)
		}
	}
	return results
}

// SortResults puts results in the order that [Decision] promises, for callers
// that add some of their own.
func SortResults(results []Result) {
	// "error" sorts before "warning", which is the order wanted.
	slices.SortFunc(results, func(a, b Result) int {
		return cmp.Or(
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Field, b.Field),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
