package native

import (
	"fmt"
	"strings"

	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
)

// separator stands between findings: an API server refuses messages of several
// lines.
const separator = " | "

// denying is the policy that refuses. An update that changes nothing that rules
// read is let through, with a warning from the other policy.
func denying(kind v1alpha1.Kind, shared []variable, rules []expressedRule) []any {
	variables := append(shared[:len(shared):len(shared)], errorsOf(rules))
	return validating("deny", kind, variables, admission.Deny, []admission.Validation{{
		Expression: "variables.unchanged || size(variables.errors) == 0",
		MessageExpression: "(size(variables.errors) > 1 ? string(size(variables.errors)) + ' violations: ' : '') + " +
			joined("errors"),
		Message: fmt.Sprintf("this %s breaks more of Inshore's rules than a message holds: see them all with inshore review", kind),
		Reason:  new(metav1.StatusReasonForbidden),
	}})
}

// warning is the policy that warns. Where an annotation cannot be read it is
// silent about the rest: that would blame the author for what a corrected
// annotation is going to set.
func warning(kind v1alpha1.Kind, shared []variable, rules []expressedRule) []any {
	variables := append(shared[:len(shared):len(shared)], errorsOf(rules))
	validations := []admission.Validation{
		{
			Expression:        "!variables.unchanged || size(variables.errors) == 0",
			MessageExpression: joined("errors"),
		},
		{
			Expression: "!variables.optsOut",
			Message: "inshore: the fields that opting in wrote stay as they are, because these policies keep no record of what they " +
				"replaced: set them as you want them",
		},
	}
	for _, rule := range rules {
		if rule.Severity == policies.SeverityWarning {
			validations = append(validations, admission.Validation{
				Expression:        "size(variables.wrong) > 0 || size(variables." + rule.ID + ") == 0",
				MessageExpression: joined(rule.ID),
			})
		}
	}
	return validating("warn", kind, variables, admission.Warn, validations)
}

// errorsOf is the variable errors: every finding that denies.
func errorsOf(rules []expressedRule) variable {
	var terms []string
	for _, rule := range rules {
		if rule.Severity == policies.SeverityError {
			terms = append(terms, "variables."+rule.ID)
		}
	}
	return variable{Name: "errors", Expression: strings.Join(terms, " + ")}
}

func joined(name string) string { return "variables." + name + ".join(" + quote(separator) + ")" }

func validating(
	verb string, kind v1alpha1.Kind, variables []variable, action admission.ValidationAction, validations []admission.Validation,
) []any {
	var expressions []string
	for _, v := range validations {
		expressions = append(expressions, v.Expression, v.MessageExpression)
	}
	name := name(verb, kind)
	return []any{
		&admission.ValidatingAdmissionPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: group + "/v1", Kind: "ValidatingAdmissionPolicy"},
			ObjectMeta: meta(name),
			Spec: admission.ValidatingAdmissionPolicySpec{
				MatchConstraints: matches(kind),
				MatchConditions:  matchConditions,
				// As the webhook: a rule that is skipped when it errs is no rule.
				FailurePolicy: new(admission.Fail),
				Variables:     used(variables, expressions...),
				Validations:   validations,
			},
		},
		&admission.ValidatingAdmissionPolicyBinding{
			TypeMeta:   metav1.TypeMeta{APIVersion: group + "/v1", Kind: "ValidatingAdmissionPolicyBinding"},
			ObjectMeta: meta(name),
			Spec: admission.ValidatingAdmissionPolicyBindingSpec{
				PolicyName:        name,
				ValidationActions: []admission.ValidationAction{action},
			},
		},
	}
}
