package validate

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
)

// Rules are what [Judge] decides by: whatever a front door has in force.
type Rules struct {
	Engine *policies.Engine
	// Exceptions may be nil.
	Exceptions *policies.Exceptions
	// Enforcement are the policies; nil for none. [Judge] reads their parameters, and
	// without policies leaves those of the document; which policy holds for an
	// object is for webhook/govern to say.
	Enforcement *enforcement.Set
	// Now tells which exceptions have expired.
	Now time.Time
}

// Judge decides about document.Object. It reads the object's annotations
// itself and puts what they ask for into document.Intent, and what policies say to
// rules into document.Parameters.
//
// The decision is ratcheted, so that a rule which is newer than an object never
// stands in a controller's way: an object that is being deleted gets no
// results at all (its finalizers must come off), and an update that changes
// nothing that rules read gets warnings in place of errors.
func Judge(ctx context.Context, rules Rules, document *input.Document) policies.Decision {
	if document.Operation == input.OperationUpdate && document.Object.Meta().DeletionTimestamp != "" {
		return policies.Decision{Revision: rules.Engine.Revision()}
	}
	intent, errs := v1alpha1.Parse(document.Object.Kind(), document.Object.Meta().Annotations)
	document.Intent = intent
	if len(rules.Enforcement.Policies()) > 0 {
		document.Parameters = rules.Enforcement.Parameters(document.Object, document.Namespace)
	}
	decision := rules.Engine.Evaluate(ctx, document)
	if len(errs) > 0 {
		// Mutation leaves an object alone whose annotations cannot be read.
		// Warnings about its fields would blame the author for what a corrected
		// annotation is going to set.
		decision.Results = append(policies.FieldErrors(errs), decision.Errors()...)
		policies.SortResults(decision.Results)
	}
	rules.Exceptions.Apply(document.Object, rules.Now, &decision)
	if decision.Denied() && Unchanged(document.Operation, document.Object, document.OldObject) {
		decision.Results = AsWarnings(decision.Results)
	}
	return decision
}

// Unchanged reports whether an update leaves all that rules read as it was:
// labels, annotations and the projected spec. What the webhook keeps in annotations
// of its own is no part of that.
func Unchanged(operation input.Operation, object, old input.Object) bool {
	if operation != input.OperationUpdate || old == nil {
		return false
	}
	if !maps.Equal(object.Meta().Labels, old.Meta().Labels) || !sameAnnotations(object.Meta().Annotations, old.Meta().Annotations) {
		return false
	}
	switch object := object.(type) {
	case *input.Service:
		old, ok := old.(*input.Service)
		return ok && reflect.DeepEqual(object.Spec, old.Spec)
	case *input.DaemonSet:
		old, ok := old.(*input.DaemonSet)
		return ok && reflect.DeepEqual(object.Spec, old.Spec)
	}
	return false
}

// bookkeeping are annotations that follow from the rest of the object: kubectl's
// copy of what it applied, and the API server's count of pod templates. A new
// image changes both, and must not count as a change that rules read. What the
// webhook writes there itself follows from what policies and annotations say.
var bookkeeping = []string{
	"kubectl.kubernetes.io/last-applied-configuration", "deprecated.daemonset.template.generation",
	v1alpha1.AnnotationPrevious, v1alpha1.AnnotationEnforcedBy,
}

func sameAnnotations(a, b map[string]string) bool {
	return holds(a, b) && holds(b, a)
}

// holds reports whether other has every annotation of one that is not
// bookkeeping.
func holds(other, one map[string]string) bool {
	for key, value := range one {
		if found, exists := other[key]; (!exists || found != value) && !slices.Contains(bookkeeping, key) {
			return false
		}
	}
	return true
}

// AsWarnings is results with every error a warning.
func AsWarnings(results []policies.Result) []policies.Result {
	ratcheted := make([]policies.Result, len(results))
	for i, result := range results {
		result.Severity = policies.SeverityWarning
		ratcheted[i] = result
	}
	policies.SortResults(ratcheted)
	return ratcheted
}
