package govern

import (
	"maps"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// record is the annotation enforced-by and what it says; the zero value is none.
// Two with the same text are the same.
type record struct {
	text string
	says v1alpha1.EnforcedBy
}

func (r record) none() bool { return r.text == "" }

// recordOf is the record of an object, which may be nil. One that cannot be read
// is none.
func recordOf(object input.Object) record {
	if object == nil {
		return record{}
	}
	text := object.Meta().Annotations[v1alpha1.AnnotationEnforcedBy]
	if text == "" {
		return record{}
	}
	says, err := v1alpha1.ParseEnforcedBy(text)
	if err != nil {
		return record{}
	}
	return record{text, says}
}

// without is an object without a record.
func without(object input.Object) input.Object {
	if _, found := object.Meta().Annotations[v1alpha1.AnnotationEnforcedBy]; !found {
		return object
	}
	annotations := maps.Clone(object.Meta().Annotations)
	delete(annotations, v1alpha1.AnnotationEnforcedBy)
	switch object := object.(type) {
	case *input.Service:
		after := *object
		after.Metadata.Annotations = annotations
		return &after
	case *input.DaemonSet:
		after := *object
		after.Metadata.Annotations = annotations
		return &after
	}
	return object
}

// holding is the policy that holds for the object of a request, whatever it
// enforces; nil if none does.
func holding(rules validate.Rules, r *Request) *enforcement.Policy {
	object := r.Object
	if r.Operation == input.OperationCreate {
		object = without(object) // an export of another object says nothing of this one
	}
	return rules.Enforcement.For(object, r.Namespace, r.bearing)
}

// asked is the record that a policy would write into an object with words of its
// own, if it were enforced; none if the object opts out.
func asked(policy *enforcement.Policy, kind v1alpha1.Kind, own v1alpha1.Intent) record {
	if policy == nil || optsOut(own, policy.Spec.OptOut) {
		return record{}
	}
	return record{policy.Record(kind), policy.EnforcedBy(kind)}
}

// optsOut reports whether the words of an object beat a policy.
func optsOut(own v1alpha1.Intent, optOut v1alpha1.OptOut) bool {
	return own.NodeLocal == v1alpha1.NodeLocalDisabled && optOut != v1alpha1.OptOutForbidden
}

// enforced reports whether a policy, which may be nil, changes objects.
func enforced(policy *enforcement.Policy) bool {
	return policy != nil && policy.Spec.Enforcement == v1alpha1.EnforcementEnforce
}

// write is what mutation makes of the object of a request if it follows a record.
func write(r *Request, own v1alpha1.Intent, follows record) mutate.Result {
	words := mutate.Own(own)
	if !follows.none() {
		words = mutate.Under(own, follows.says, follows.text)
	}
	switch object := r.Object.(type) {
	case *input.Service:
		old, _ := r.OldObject.(*input.Service)
		return mutate.Service(object, old, words, r.Platform)
	case *input.DaemonSet:
		old, _ := r.OldObject.(*input.DaemonSet)
		return mutate.DaemonSet(object, old, words, r.Platform)
	}
	return mutate.Result{Object: r.Object}
}
