package govern_test

import (
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/govern"
)

func TestWhereAStoredObjectStands(t *testing.T) {
	audits := enforcing("Audit", today)
	for sentence, test := range map[string]struct {
		policy *v1alpha1.NodeLocalPolicy
		stored map[string]string
		want   govern.Standing
		// denied is of the trial, follows after the roll-out.
		denied  bool
		follows *v1alpha1.NodeLocalPolicy
	}{
		"no policy":                                         {want: govern.None},
		"it follows the policy of today":                    {policy: today, stored: record(today), want: govern.Follows, follows: today},
		"it has yet to be brought under it":                 {policy: today, want: govern.Pending, follows: today},
		"it follows the words of yesterday":                 {policy: today, stored: record(yesterday), want: govern.Pending, follows: today},
		"the policy is gone":                                {stored: record(today), want: govern.Pending},
		"the policy only audits now":                        {policy: audits, stored: record(today), want: govern.Pending},
		"the policy only audits":                            {policy: audits, want: govern.Unenforced},
		"it would break a rule":                             {policy: today, stored: breaks, want: govern.Violating, denied: true},
		"it would break a rule if the policy were enforced": {policy: audits, stored: breaks, want: govern.Violating, denied: true},
		"it would break a rule by the words of today":       {policy: today, stored: merged(record(yesterday), breaks), want: govern.Violating, denied: true, follows: yesterday},
		"it would by another policy than it follows":        {policy: renamed("other", today), stored: merged(record(yesterday), breaks), want: govern.Pending, denied: true},
		"it opted out":                                      {policy: today, stored: map[string]string{v1alpha1.AnnotationNodeLocal: "disabled"}, want: govern.OptedOut},
		"its annotations cannot be read":                    {policy: today, stored: map[string]string{v1alpha1.AnnotationNodeLocal: "perhaps"}, want: govern.Violating, denied: true},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(service(), daemonSet())
			if test.policy != nil {
				w.policies = []*v1alpha1.NodeLocalPolicy{test.policy}
			}
			w.objects[v1alpha1.KindService] = annotate(t, service(), test.stored)
			position := w.target(t, v1alpha1.KindService)
			if position.Standing != test.want || position.Trial.Denied() != test.denied {
				t.Errorf("stands %s, trial %v; want %s", position.Standing, ids(position.Trial.Results), test.want)
			}
			after := apply(t, w.objects[v1alpha1.KindService], position.Rollout.Patch)
			want := ""
			if test.follows != nil {
				want = recordOf(test.follows, v1alpha1.KindService)
			}
			if got := annotation(after, v1alpha1.AnnotationEnforcedBy); got != want {
				t.Errorf("after the roll-out it follows %q, want %q", got, want)
			}
			if pending := len(position.Rollout.Patch) > 0; pending != (test.want == govern.Pending) {
				t.Errorf("%s with the patch %s", position.Standing, position.Rollout.Patch.AppendJSON(nil))
			}
		})
	}
}

// breaks is an annotation that no rule likes on a Service without a node port.
var breaks = map[string]string{v1alpha1.AnnotationExternalTraffic: "local"}

func TestRepairLeavesThePolicyThatIsFollowed(t *testing.T) {
	w := newWorld(annotate(t, service(), record(yesterday)), daemonSet())
	w.policies = []*v1alpha1.NodeLocalPolicy{today}
	position := w.target(t, v1alpha1.KindService)
	repaired := apply(t, w.objects[v1alpha1.KindService], position.Repair.Patch)
	if got := repaired["spec"].(object)["trafficDistribution"]; got != "PreferSameNode" {
		t.Errorf("trafficDistribution %v: admission missed what the words of yesterday ask for", got)
	}
	if got := annotation(repaired, v1alpha1.AnnotationEnforcedBy); got != recordOf(yesterday, v1alpha1.KindService) {
		t.Errorf("follows %q after the repair", got)
	}
	if position.Followed != "everyone" {
		t.Errorf("followed: %q", position.Followed)
	}
}
