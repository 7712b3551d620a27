package govern

import (
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// named is a policy as messages have it. That it is not enforced is said: who reads
// of it wonders why nothing happened.
func named(policy *enforcement.Policy) string {
	if enforced(policy) {
		return "NodeLocalPolicy " + policy.Name
	}
	return fmt.Sprintf("NodeLocalPolicy %s (%s)", policy.Name, policy.Spec.Enforcement)
}

// under are the findings about what a policy would make of an object, told as such.
func under(policy *enforcement.Policy, results []policies.Result) []policies.Result {
	told := make([]policies.Result, len(results))
	for i, result := range results {
		result.Message = "Under " + named(policy) + ": " + result.Message
		result.Remedy = strings.TrimSuffix(result.Remedy, ".") + ". " + wayOut(policy)
		told[i] = result
	}
	return told
}

// wayOut is what to do about a policy that an object cannot follow.
func wayOut(policy *enforcement.Policy) string {
	if policy.Spec.OptOut == v1alpha1.OptOutForbidden {
		return "The policy allows no opting out: ask whoever keeps it for an exception."
	}
	return fmt.Sprintf("To leave the object out of the policy, annotate it %s: %s.", v1alpha1.AnnotationNodeLocal, v1alpha1.NodeLocalDisabled)
}

// fieldsOf are the fields that a mutation writes and their new values, without the
// webhook's own records.
func fieldsOf(result mutate.Result) string {
	var fields []string
	for _, change := range result.Changes {
		if strings.HasPrefix(change.Field, "metadata.annotations[") {
			continue
		}
		to := "nothing"
		if change.To != nil {
			to = string(change.To)
		}
		fields = append(fields, change.Field+": "+to)
	}
	return strings.Join(fields, ", ")
}
