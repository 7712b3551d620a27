package govern

import (
	"context"
	"maps"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Mutate is what admission's mutating phase writes. An object whose annotations
// cannot be read is left alone, and readable is false: [Validate] says why. The
// rules are asked only about an object that would newly follow a policy.
func Mutate(ctx context.Context, rules validate.Rules, r *Request) (result mutate.Result, readable bool) {
	meta := r.Object.Meta()
	if meta.DeletionTimestamp != "" {
		return mutate.Result{Object: r.Object}, true
	}
	own, errs := v1alpha1.ParseOwn(r.Object.Kind(), meta.Annotations)
	if len(errs) > 0 {
		return mutate.Result{Object: r.Object}, false
	}
	if r.Operation != input.OperationUpdate {
		return create(ctx, rules, r, own), true
	}
	return write(r, own, kept(ctx, rules, r, own)), true
}

// create is what is written into a new object: what the policy asks for, if the
// rules have no objection.
func create(ctx context.Context, rules validate.Rules, r *Request, own v1alpha1.Intent) mutate.Result {
	if policy := holding(rules, r); enforced(policy) {
		if now := asked(policy, r.Object.Kind(), own); !now.none() {
			if result := write(r, own, now); !breaks(ctx, rules, r, policy, result.Object) {
				return result
			}
		}
	}
	return write(r, own, record{})
}

// kept is the record that an object has after an update. The package's
// documentation says which and why.
func kept(ctx context.Context, rules validate.Rules, r *Request, own v1alpha1.Intent) record {
	// What is sent is only compared: anybody may have written it.
	stored, sent := recordOf(r.OldObject), r.Object.Meta().Annotations[v1alpha1.AnnotationEnforcedBy]
	switch {
	case stored.none() && sent == "":
		return record{}
	case !stored.none() && (optsOut(own, stored.says.OptOut) || leaves(r)):
		return record{}
	case stored.text == sent:
		return stored
	}
	policy, now := holding(rules, r), record{}
	if enforced(policy) {
		now = asked(policy, r.Object.Kind(), own)
	}
	switch {
	case sent == now.text:
		return now
	case stored.none():
		return record{}
	case sent == "" && enforced(policy) && policy.Name != stored.says.Policy && breaks(ctx, rules, r, policy, write(r, own, now).Object):
		// The policy that it followed holds no more, and the one that does cannot
		// be followed.
		return record{}
	}
	return stored
}

// leaves reports whether an update makes of a Service one that no policy is about.
func leaves(r *Request) bool {
	service, ok := r.Object.(*input.Service)
	if !ok {
		return false
	}
	old, ok := r.OldObject.(*input.Service)
	if !ok || service.Spec.Type == old.Spec.Type && service.Spec.ClusterIP == old.Spec.ClusterIP &&
		maps.Equal(service.Spec.Selector, old.Spec.Selector) {
		return false
	}
	return !enforcement.Concerns(service, r.bearing())
}

// try is the verdict on an object as if it were created like this, and what the
// rules saw.
func try(ctx context.Context, rules validate.Rules, r *Request, object input.Object) (*input.Document, policies.Decision) {
	document := r.document(object)
	document.Operation = input.OperationCreate
	return document, validate.Judge(ctx, rules, document)
}

// breaks reports whether the rules find an error in an object as a policy would
// make it.
func breaks(ctx context.Context, rules validate.Rules, r *Request, policy *enforcement.Policy, object input.Object) bool {
	_, decision := trial(ctx, rules, r, policy, object)
	return decision.Denied()
}
