package registration

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// checkPolicy compares the entry of a policy with what it must mean: it takes no
// other kind than its base entry, and nothing that cannot concern a policy.
func (e entry) checkPolicy(at *field.Path, want Webhook, namespace string, phase phase) field.ErrorList {
	operations, condition := []admissionv1.OperationType{admissionv1.Create, admissionv1.Update}, PolicyValidateCondition
	if phase == mutating {
		operations, condition = operations[:1], PolicyMutateCondition
	}
	errs := e.check(at, want, namespace, operations...)
	if !hasCondition(e.conditions, condition) {
		errs = append(errs, field.Required(at.Child("matchConditions"),
			"must hold "+condition+": annotated objects are the base entry's"))
	}
	if candidate := candidateOf(want); !hasCondition(e.conditions, candidate) {
		errs = append(errs, field.Required(at.Child("matchConditions"),
			"must hold "+candidate+": objects that no policy can be about must not cost a call"))
	}
	return errs
}

// checkAgainst compares what an administrator may choose with what was chosen in
// the base entry: the entry of a policy may be more lenient, never stricter.
func (e entry) checkAgainst(at *field.Path, base string, entries []entry) field.ErrorList {
	i := slices.IndexFunc(entries, func(e entry) bool { return e.name == base })
	if i >= 0 && is(entries[i].failure, admissionv1.Ignore) && !is(e.failure, admissionv1.Ignore) {
		return field.ErrorList{field.Invalid(at.Child("failurePolicy"), value(e.failure), "must be Ignore, as that of "+base)}
	}
	return nil
}

// checkFailsOpen reports the entries that would refuse objects while nobody
// answers.
func checkFailsOpen(entries []entry) field.ErrorList {
	var errs field.ErrorList
	for i, e := range entries {
		if !is(e.failure, admissionv1.Ignore) {
			errs = append(errs, field.Invalid(webhookPath(i).Child("failurePolicy"), value(e.failure), "must be Ignore, unless annotation "+
				AnnotationFailClosed+" is true: a missed mutation is repaired, a missed object is an outage"))
		}
	}
	return errs
}
