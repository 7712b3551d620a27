package govern_test

import (
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/govern"
)

// The records of a policy of today and of one of yesterday.
var (
	today     = everyone(v1alpha1.EnforcementEnforce)
	yesterday = everyone(v1alpha1.EnforcementEnforce, preferred)
)

func record(p *v1alpha1.NodeLocalPolicy) map[string]string {
	return map[string]string{v1alpha1.AnnotationEnforcedBy: recordOf(p, v1alpha1.KindService)}
}

func renamed(name string, p *v1alpha1.NodeLocalPolicy) *v1alpha1.NodeLocalPolicy {
	p = p.DeepCopy()
	p.Name = name
	return p
}

func enforcing(e v1alpha1.Enforcement, p *v1alpha1.NodeLocalPolicy) *v1alpha1.NodeLocalPolicy {
	p = p.DeepCopy()
	p.Spec.Enforcement = e
	return p
}

func TestWhichPolicyAnObjectFollows(t *testing.T) {
	disabled := map[string]string{v1alpha1.AnnotationNodeLocal: "disabled"}
	none := map[string]string{}
	strict := everyone(v1alpha1.EnforcementEnforce, forbidden)
	for sentence, test := range map[string]struct {
		policy *v1alpha1.NodeLocalPolicy
		// stored is nil on a create.
		stored, sent map[string]string
		edit         func(object) // of the object that is sent
		workload     bool
		want         *v1alpha1.NodeLocalPolicy // that is followed; nil for none
	}{
		"what is created follows the policy at once":                   {policy: today, sent: none, want: today},
		"what is created under a policy that audits does not":          {policy: enforcing("Audit", today), sent: none},
		"what is created under a policy that warns does not":           {policy: enforcing("Warn", today), sent: none},
		"a copy of an object elsewhere brings no policy":               {sent: record(today)},
		"a copy gets the policy of its new place":                      {policy: today, sent: record(renamed("other", today)), want: today},
		"what opts out is left alone":                                  {policy: today, sent: disabled},
		"where that is forbidden it is not":                            {policy: strict, sent: disabled, want: strict},
		"a Deployment's Service is none of the policy's business":      {policy: today, sent: none, workload: true},
		"what the rules refuse is not written":                         {policy: today, sent: map[string]string{v1alpha1.AnnotationExternalTraffic: "local"}},
		"an object that exists waits for its turn":                     {policy: today, stored: none, sent: none},
		"the roll-out brings it":                                       {policy: today, stored: none, sent: record(today), want: today},
		"somebody else cannot":                                         {policy: today, stored: none, sent: record(yesterday)},
		"an edited policy changes nothing by itself":                   {policy: today, stored: record(yesterday), sent: record(yesterday), want: yesterday},
		"nor does a client that drops the record":                      {policy: today, stored: record(yesterday), sent: none, want: yesterday},
		"nor one that forges it":                                       {policy: today, stored: record(yesterday), sent: record(renamed("other", today)), want: yesterday},
		"the roll-out brings the new words":                            {policy: today, stored: record(yesterday), sent: record(today), want: today},
		"a policy that is gone stays followed":                         {stored: record(today), sent: record(today), want: today},
		"until the roll-out takes it back":                             {stored: record(today), sent: none},
		"a policy that only warns now stays followed":                  {policy: enforcing("Warn", today), stored: record(today), sent: record(today), want: today},
		"until it is taken back as well":                               {policy: enforcing("Warn", today), stored: record(today), sent: none},
		"opting out takes it back at once":                             {policy: today, stored: record(today), sent: merged(record(today), disabled)},
		"but not where that is forbidden":                              {policy: strict, stored: record(strict), sent: merged(record(strict), disabled), want: strict},
		"another policy takes over only by the roll-out":               {policy: renamed("other", today), stored: record(today), sent: record(today), want: today},
		"a Service that turns to a Deployment is let go":               {policy: today, stored: record(today), sent: record(today), edit: selectsWeb, workload: true},
		"a Deployment that turns up is no reason to move a thing":      {policy: today, stored: record(today), sent: record(today), workload: true, want: today},
		"a record that cannot be read is taken out":                    {policy: today, stored: none, sent: map[string]string{v1alpha1.AnnotationEnforcedBy: "{}"}},
		"a stored one that cannot be read too":                         {policy: today, stored: unreadable, sent: unreadable},
		"a policy takes over that cannot be followed, so it is let go": {policy: renamed("other", today), stored: record(yesterday), sent: map[string]string{v1alpha1.AnnotationExternalTraffic: "local"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(service(), daemonSet())
			w.workload = test.workload
			if test.policy != nil {
				w.policies = []*v1alpha1.NodeLocalPolicy{test.policy}
			}
			var stored object
			if test.stored != nil {
				stored = annotate(t, service(), test.stored)
			}
			sent := annotate(t, service(), test.sent)
			if test.edit != nil {
				test.edit(sent)
			}
			got := annotation(w.send(t, sent, stored).object, v1alpha1.AnnotationEnforcedBy)
			want := ""
			if test.want != nil {
				want = recordOf(test.want, v1alpha1.KindService)
			}
			if got != want {
				t.Errorf("follows %q, want %q", got, want)
			}
		})
	}
}

var unreadable = map[string]string{v1alpha1.AnnotationEnforcedBy: "{}"}

func merged(maps ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range maps {
		for key, value := range m {
			all[key] = value
		}
	}
	return all
}

func selectsWeb(o object) {
	o["spec"].(object)["selector"] = object{"app": "mcrouter", "tier": "web"}
}

func TestWhatCannotBeReadIsLeftAlone(t *testing.T) {
	w := newWorld(service(), daemonSet())
	w.policies = []*v1alpha1.NodeLocalPolicy{today}
	sent := annotate(t, service(), map[string]string{v1alpha1.AnnotationNodeLocal: "perhaps"})
	result, readable := govern.Mutate(t.Context(), w.rules(), w.request(t, sent, nil))
	if readable || len(result.Patch) > 0 {
		t.Errorf("readable: %t, patch: %s", readable, result.Patch.AppendJSON(nil))
	}
	sent["metadata"].(object)["deletionTimestamp"] = "2026-03-14T09:26:53Z"
	if result, _ := govern.Mutate(t.Context(), w.rules(), w.request(t, sent, nil)); len(result.Patch) > 0 {
		t.Errorf("what is being deleted is patched: %s", result.Patch.AppendJSON(nil))
	}
}

func TestAnObjectsOwnWordsBeatThePolicys(t *testing.T) {
	w := newWorld(service(), daemonSet())
	w.policies = []*v1alpha1.NodeLocalPolicy{today}
	sent := annotate(t, service(), map[string]string{v1alpha1.AnnotationNodeLocal: "preferred"})
	a := w.send(t, sent, nil)
	spec := a.object["spec"].(object)
	if spec["internalTrafficPolicy"] != "Cluster" || spec["trafficDistribution"] != "PreferSameNode" {
		t.Errorf("got %v, want what preferred asks for", spec)
	}
	if got := annotation(a.object, v1alpha1.AnnotationEnforcedBy); got != recordOf(today, v1alpha1.KindService) {
		t.Errorf("follows %q: words that the object does not say are the policy's", got)
	}
}
