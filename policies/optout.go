package policies

import (
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// IDOptOut is an opt-out that a NodeLocalPolicy forbids.
const IDOptOut = "ISH003"

// OptOut describes [IDOptOut]. Every front door that knows policies makes these
// findings, by [NoOptOut].
var OptOut = Rule{
	ID:       IDOptOut,
	Title:    "The opt-out has no effect",
	Severity: SeverityWarning,
	Description: "The object is annotated inshore.dev/node-local: disabled, and a NodeLocalPolicy with optOut: Forbidden holds for\n" +
		"it. The policy is followed all the same, which whoever wrote the annotation should know.",
	Message: "{object} is annotated inshore.dev/node-local: disabled, which NodeLocalPolicy {policy} forbids: it has no effect",
	Remedy: "Take the annotation off. If a rule stands in the way, ask whoever keeps the policy for an exception, " +
		"or for a selector that leaves the object out.",
	Since: "v0.2.0",
	Kinds: bothKinds,
}

// NoOptOut is the finding about an object that opted out of a policy, by name, that
// forbids it.
func NoOptOut(object input.Object, policy string) Result {
	name := newSubject(&input.Document{Object: object}).name
	return Result{
		ID:       IDOptOut,
		Severity: OptOut.Severity,
		Field:    "metadata.annotations[" + v1alpha1.AnnotationNodeLocal + "]",
		Message: fmt.Sprintf("%s is annotated %s: %s, which NodeLocalPolicy %s forbids: it has no effect",
			name, v1alpha1.AnnotationNodeLocal, v1alpha1.NodeLocalDisabled, policy),
		Remedy: OptOut.Remedy,
	}
}
