package native

import (
	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

const group = "admissionregistration.k8s.io"

// The conditions under which a policy is asked at all. The first is that of the
// webhooks: an annotation of ours in object or oldObject, so that objects nobody
// opted in cost next to nothing. What is being deleted must be let go.
var matchConditions = []admission.MatchCondition{
	{
		Name: "opted-in",
		Expression: "[object, oldObject].exists(o, o != null && has(o.metadata.annotations) && " +
			"o.metadata.annotations.exists(key, key.startsWith('inshore.dev/')))",
	},
	{Name: "not-being-deleted", Expression: "!has(object.metadata.deletionTimestamp)"},
}

func matches(kind v1alpha1.Kind) *admission.MatchResources {
	group := ""
	if kind == v1alpha1.KindDaemonSet {
		group = "apps"
	}
	return &admission.MatchResources{
		MatchPolicy: new(admission.Equivalent),
		ResourceRules: []admission.NamedRuleWithOperations{{RuleWithOperations: admission.RuleWithOperations{
			Operations: []admission.OperationType{admission.Create, admission.Update},
			Rule: admission.Rule{
				APIGroups: []string{group}, APIVersions: []string{"v1"}, Resources: []string{plural(kind)},
				Scope: new(admission.NamespacedScope),
			},
		}}},
	}
}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Labels: map[string]string{
		"app.kubernetes.io/name": "inshore", "app.kubernetes.io/component": "native-policy",
	}}
}
