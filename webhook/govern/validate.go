package govern

import (
	"context"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Verdict is what admission's validating phase says.
type Verdict struct {
	policies.Decision
	// Document is what the rules saw, and Judged what they said of it; nil if they
	// were not asked. Where they were asked what a policy would make of the object,
	// these are about that.
	Document *input.Document
	Judged   policies.Decision
	// Policy is the one that holds for the object, whatever it enforces; nil if
	// none does.
	Policy *enforcement.Policy
	// Warnings are for whoever wrote the object, besides those of the Decision:
	// what a policy that is not enforced would write.
	Warnings []string
}

// Validate is the verdict on an object after mutation. Results that are about what
// a policy would make of the object say so.
func Validate(ctx context.Context, rules validate.Rules, r *Request) Verdict {
	v := Verdict{Decision: policies.Decision{Revision: rules.Engine.Revision()}}
	if annotated(r.Object) || r.OldObject != nil && annotated(r.OldObject) {
		v.Document = r.document(r.Object)
		v.Document.OldObject = r.OldObject
		v.Decision = validate.Judge(ctx, rules, v.Document)
		v.Judged = v.Decision
	}
	if r.Operation == input.OperationUpdate && r.Object.Meta().DeletionTimestamp != "" {
		return v
	}
	if v.Policy = holding(rules, r); v.Policy != nil {
		v.police(ctx, rules, r)
	}
	return v
}

// annotated reports whether an object has anything that rules are about: an
// annotation of ours, if only on its pod template. Of one that has not, what a
// policy would make of it is judged and nothing else: rules that teams write need
// not ask whether an object takes part.
func annotated(object input.Object) bool {
	daemonSet, _ := object.(*input.DaemonSet)
	return v1alpha1.HasOurs(object.Meta().Annotations) || daemonSet != nil && len(daemonSet.Spec.Template.Metadata.Annotations) > 0
}

// police adds what there is to say by the policy.
func (v *Verdict) police(ctx context.Context, rules validate.Rules, r *Request) {
	policy := v.Policy
	if !enforced(policy) && policy.Spec.Enforcement != v1alpha1.EnforcementWarn && !r.Review {
		return // it reports, and nobody is told here
	}
	own, errs := v1alpha1.ParseOwn(r.Object.Kind(), r.Object.Meta().Annotations)
	asks := asked(policy, r.Object.Kind(), own)
	if len(errs) > 0 || asks.none() {
		return
	}
	if forbidsOptOut(policy, own) {
		v.Results = with(v.Results, policies.NoOptOut(r.Object, policy.Name))
	}
	if recordOf(r.Object).text == asks.text {
		return // it follows the policy, and the rules have said what they have to say
	}
	result := write(r, own, asks)
	v.Document, v.Judged = trial(ctx, rules, r, policy, result.Object)
	findings := under(policy, v.Judged.Errors())
	if !enforced(policy) && len(findings) == 0 {
		v.Warnings = append(v.Warnings, wouldWrite(policy, result)...)
	}
	if !enforced(policy) || validate.Unchanged(r.Operation, r.Object, r.OldObject) {
		findings = validate.AsWarnings(findings)
	}
	v.Results = with(v.Results, findings...)
}

// forbidsOptOut reports whether an object opts out of a policy that is followed all
// the same.
func forbidsOptOut(policy *enforcement.Policy, own v1alpha1.Intent) bool {
	return enforced(policy) && own.NodeLocal == v1alpha1.NodeLocalDisabled && policy.Spec.OptOut == v1alpha1.OptOutForbidden
}

// with are results and more that are not among them yet.
func with(results []policies.Result, more ...policies.Result) []policies.Result {
	all := slices.Clone(results)
	for _, result := range more {
		if !slices.ContainsFunc(all, func(r policies.Result) bool { return r.ID == result.ID && r.Field == result.Field }) {
			all = append(all, result)
		}
	}
	policies.SortResults(all)
	return all
}

// wouldWrite says which fields a policy that is not enforced would change; nothing
// if none.
func wouldWrite(policy *enforcement.Policy, result mutate.Result) []string {
	fields := fieldsOf(result)
	if fields == "" {
		return nil
	}
	return []string{named(policy) + " would write " + fields}
}
