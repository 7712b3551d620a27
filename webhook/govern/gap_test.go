package govern_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/govern"
)

// A Service that follows a policy keeps its calls on their node, so whatever is
// behind it must have a pod there in a rollout too.
func TestAServiceWaitsForTheDaemonSetBehindIt(t *testing.T) {
	optedOut := func(o object) {
		o["metadata"].(object)["annotations"] = object{v1alpha1.AnnotationNodeLocal: "disabled"}
	}
	surge := func(o object) {
		o["spec"].(object)["updateStrategy"].(object)["rollingUpdate"] = object{"maxSurge": 1.0, "maxUnavailable": 0.0}
	}
	onlyServices := func(spec *v1alpha1.NodeLocalPolicySpec) { spec.DaemonSets = nil }
	excepted := func(spec *v1alpha1.NodeLocalPolicySpec) {
		spec.Exceptions = []v1alpha1.Exception{{
			Rule: "ISH302", Owner: "team cache", Reason: "its clients try again", Expires: metav1.NewTime(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)),
			Object: v1alpha1.ObjectReference{Kind: v1alpha1.KindService, Namespace: "core", Name: "mcrouter"},
		}}
	}
	for sentence, test := range map[string]struct {
		daemonSet []func(object)
		policy    *v1alpha1.NodeLocalPolicy
		want      govern.Standing
		results   []string
		// refused is what becomes of a Service that is created now.
		refused bool
	}{
		"one that gets its surge before it is the Service's turn is none": {policy: everyone("Enforce"), want: govern.Pending},
		"nor is one that would under a policy that only audits":           {policy: everyone("Audit"), want: govern.Unenforced},
		"one that breaks a rule keeps the Service out": {
			daemonSet: []func(object){hostPort}, policy: everyone("Enforce"), want: govern.Violating, results: []string{"error ISH302"}, refused: true},
		"so does one that opted out": {
			daemonSet: []func(object){optedOut}, policy: everyone("Enforce"), want: govern.Violating, results: []string{"error ISH302"}, refused: true},
		"unless it has a surge of its own": {
			daemonSet: []func(object){optedOut, surge}, policy: everyone("Enforce"), want: govern.Pending},
		"or its opting out has no effect": {
			daemonSet: []func(object){optedOut}, policy: everyone("Enforce", forbidden), want: govern.Pending},
		"or calls may leave the node": {
			daemonSet: []func(object){hostPort}, policy: everyone("Enforce", preferred), want: govern.Pending},
		"an exception lets the Service in": {
			daemonSet: []func(object){hostPort}, policy: everyone("Enforce", excepted), want: govern.Pending},
		"a policy for Services alone only warns": {
			policy: everyone("Enforce", onlyServices), want: govern.Pending, results: []string{"warning ISH302"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			behind := daemonSet()
			for _, change := range test.daemonSet {
				change(behind)
			}
			w := newWorld(service(), behind)
			w.policies = []*v1alpha1.NodeLocalPolicy{test.policy}
			position := w.target(t, v1alpha1.KindService)
			if position.Standing != test.want {
				t.Errorf("stands %s, want %s", position.Standing, test.want)
			}
			if diff := cmp.Diff(test.results, ids(position.Trial.Results)); diff != "" {
				t.Errorf("the trial finds (-want +got):\n%s", diff)
			}
			delete(w.objects, v1alpha1.KindService) // nobody has seen it before
			if created := w.send(t, service(), nil); created.verdict.Denied() != test.refused {
				t.Errorf("created, it is refused: %v, want %v: %v", created.verdict.Denied(), test.refused, created.verdict.Results)
			}
		})
	}
}
