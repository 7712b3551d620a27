package policies

import (
	"fmt"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// ExceptionGrace is how long a finding only warns after its exception expired:
// one working week at least to renew it or to fix the object.
const ExceptionGrace = 7 * 24 * time.Hour

// Excepted is a finding that an exception lets pass.
type Excepted struct {
	Result
	Exception v1alpha1.Exception `json:"exception"`
	// Policy is the NodeLocalPolicy that holds the exception.
	Policy string `json:"policy"`
}

// Exceptions are those of all NodeLocalPolicies, by object. They never change
// once made and are safe for concurrent use; nil has none.
type Exceptions struct {
	byObject map[v1alpha1.ObjectReference][]held
}

// held is an exception and the policy that holds it.
type held struct {
	v1alpha1.Exception
	policy string
}

// NewExceptions collects the exceptions of policies. Of two for one rule and
// object the one that expires last counts.
func NewExceptions(policies []*v1alpha1.NodeLocalPolicy) *Exceptions {
	e := &Exceptions{byObject: map[v1alpha1.ObjectReference][]held{}}
	for _, policy := range policies {
		for _, exception := range policy.Spec.Exceptions {
			if !exceptable(exception.Rule) {
				continue // the API server refuses these; files under review may have them
			}
			e.byObject[exception.Object] = append(e.byObject[exception.Object], held{exception, policy.Name})
		}
	}
	return e
}

// exceptable reports whether a rule can have exceptions: what Go reports of
// objects that cannot be read has none.
func exceptable(rule string) bool {
	return rule != IDMalformed && rule != IDAnnotation
}

// Apply moves the results that have an exception at the given time out of the
// decision's Results into Excepted. Where the exception expired less than
// [ExceptionGrace] ago the result stays, as a warning that says so.
func (e *Exceptions) Apply(object input.Object, now time.Time, decision *Decision) {
	if e == nil || len(e.byObject) == 0 || len(decision.Results) == 0 {
		return
	}
	meta := object.Meta()
	exceptions := e.byObject[v1alpha1.ObjectReference{Kind: object.Kind(), Namespace: meta.Namespace, Name: meta.Name}]
	if len(exceptions) == 0 {
		return
	}
	var kept []Result
	for _, result := range decision.Results {
		exception := latest(exceptions, result.ID)
		switch {
		case exception == nil:
			kept = append(kept, result)
		case now.Before(exception.Expires.Time):
			decision.Excepted = append(decision.Excepted, Excepted{result, exception.Exception, exception.policy})
		default:
			late, grace := expired(result, exception, now)
			kept = append(kept, late)
			if grace && !slices.Contains(decision.Grace, result.ID) {
				decision.Grace = append(decision.Grace, result.ID)
			}
		}
	}
	SortResults(kept)
	decision.Results = kept
}

// Turned reports whether an exception expired, or its grace ended, after the
// one time and not after the other: whether a verdict may differ between the two
// without anything else having changed.
func (e *Exceptions) Turned(after, until time.Time) bool {
	if e == nil {
		return false
	}
	between := func(t time.Time) bool { return t.After(after) && !t.After(until) }
	for _, exceptions := range e.byObject {
		for _, exception := range exceptions {
			if expires := exception.Expires.Time; between(expires) || between(expires.Add(ExceptionGrace)) {
				return true
			}
		}
	}
	return false
}

func latest(exceptions []held, rule string) *held {
	var found *held
	for i := range exceptions {
		if exceptions[i].Rule == rule && (found == nil || found.Expires.Before(&exceptions[i].Expires)) {
			found = &exceptions[i]
		}
	}
	return found
}

// expired is a result whose exception has expired, and whether it would deny if
// that were not so lately. That is said first: warnings are cut at their end.
func expired(result Result, exception *held, now time.Time) (late Result, grace bool) {
	const day = "2006-01-02"
	note := "Its exception expired on " + exception.Expires.UTC().Format(day)
	if end := exception.Expires.Add(ExceptionGrace); now.Before(end) && result.Severity == SeverityError {
		result.Severity, grace = SeverityWarning, true
		note += ", from " + end.UTC().Format(day) + " on this is refused"
	}
	result.Message = fmt.Sprintf("%s (%s): %s", note, exception.Owner, result.Message)
	return result, grace
}
