package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
)

// Outcome is how a decision would end now.
type Outcome string

// The outcomes that are changes, the gravest first.
const (
	// OutcomeRefused was allowed and would be refused.
	OutcomeRefused Outcome = "refused"
	// OutcomeAllowed was refused and would be allowed.
	OutcomeAllowed Outcome = "allowed"
	// OutcomeDifferent ends as it did, with other findings.
	OutcomeDifferent Outcome = "different"
)

var outcomes = []Outcome{OutcomeRefused, OutcomeAllowed, OutcomeDifferent}

// Change is what other rules would make of the decisions on one object.
type Change struct {
	Outcome   Outcome         `json:"outcome"`
	Kind      v1alpha1.Kind   `json:"kind"`
	Namespace string          `json:"namespace"`
	Name      string          `json:"name"`
	Operation input.Operation `json:"operation"`
	// Decisions is how many of the logged decisions change like this, Last the
	// time of the last of them.
	Decisions int       `json:"decisions"`
	Last      time.Time `json:"last"`
	// Added would be found and was not; Removed the other way round.
	Added   []policies.Result     `json:"added"`
	Removed []decisionlog.Finding `json:"removed"`
}

// changeOf compares a logged decision with the one made now; nil if they are
// the same.
func changeOf(entry *decisionlog.Entry, decision policies.Decision) *Change {
	change := &Change{
		Kind: entry.Kind, Namespace: entry.Namespace, Name: entry.Name, Operation: entry.Operation,
		Decisions: 1, Last: entry.Time, Added: []policies.Result{}, Removed: []decisionlog.Finding{},
	}
	now := decisionlog.Findings(decision.Results)
	for i, finding := range now {
		if !slices.Contains(entry.Findings, finding) {
			change.Added = append(change.Added, decision.Results[i])
		}
	}
	for _, finding := range entry.Findings {
		if !slices.Contains(now, finding) {
			change.Removed = append(change.Removed, finding)
		}
	}
	switch {
	case entry.Allowed && decision.Denied():
		change.Outcome = OutcomeRefused
	case !entry.Allowed && !decision.Denied():
		change.Outcome = OutcomeAllowed
	case len(change.Added)+len(change.Removed) > 0:
		change.Outcome = OutcomeDifferent
	default:
		return nil
	}
	return change
}

// key is the same for changes that differ in their time only.
func (c *Change) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s %s", c.Outcome, c.Kind, c.Namespace, c.Name, c.Operation)
	for _, result := range c.Added {
		fmt.Fprintf(&b, " +%s %s %s %q", result.ID, result.Severity, result.Field, result.Message)
	}
	for _, finding := range c.Removed {
		fmt.Fprintf(&b, " -%s %s %s", finding.ID, finding.Severity, finding.Field)
	}
	return b.String()
}
