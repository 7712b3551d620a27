package govern_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestWhatAPolicySaysAtAdmission(t *testing.T) {
	type edit = func(object)
	image := func(o object) { container(o)["image"] = "mcrouter:2" }
	label := func(o object) { o["metadata"].(object)["labels"] = object{"tier": "cache"} }
	disabled := func(o object) {
		o["metadata"].(object)["annotations"] = object{v1alpha1.AnnotationNodeLocal: "disabled"}
	}
	for sentence, test := range map[string]struct {
		enforces v1alpha1.Enforcement
		forbids  bool
		// both is done to the stored object and to the one that is sent.
		both, edits  edit
		update       bool
		review       bool
		want         []string
		warns, names string
	}{
		"what can follow it passes":                        {enforces: "Enforce", want: []string{"warning ISH206", "warning ISH207", "warning ISH305"}},
		"what cannot is refused":                           {enforces: "Enforce", both: hostPort, want: []string{"error ISH201"}, names: "Under NodeLocalPolicy everyone: "},
		"what exists and cannot is left alone":             {enforces: "Enforce", both: hostPort, edits: image, update: true, want: []string{"warning ISH201"}},
		"unless the update is about what rules read":       {enforces: "Enforce", both: hostPort, edits: label, update: true, want: []string{"error ISH201"}},
		"and unless it brings the fault":                   {enforces: "Enforce", edits: hostPort, update: true, want: []string{"error ISH201"}},
		"what exists and waits for its turn hears nothing": {enforces: "Enforce", edits: label, update: true},
		"a policy that warns says what it would write":     {enforces: "Warn", warns: `NodeLocalPolicy everyone (Warn) would write spec.updateStrategy.rollingUpdate.maxSurge: 1, `},
		"and what it would refuse":                         {enforces: "Warn", both: hostPort, want: []string{"warning ISH201"}, names: "Under NodeLocalPolicy everyone (Warn): "},
		"a policy that audits says nothing":                {enforces: "Audit", both: hostPort},
		"but to a reviewer":                                {enforces: "Audit", both: hostPort, review: true, want: []string{"warning ISH201"}},
		"what opted out is not judged by it":               {enforces: "Enforce", both: func(o object) { hostPort(o); disabled(o) }},
		"where that is forbidden it is, and is told":       {enforces: "Enforce", forbids: true, both: disabled, want: []string{"warning ISH003", "warning ISH206", "warning ISH207", "warning ISH305"}},
		"a policy that warns does not speak of opting out": {enforces: "Warn", forbids: true, both: disabled, warns: "NodeLocalPolicy everyone (Warn) would write "},
	} {
		t.Run(sentence, func(t *testing.T) {
			policy := everyone(test.enforces)
			if test.forbids {
				forbidden(&policy.Spec)
			}
			w := newWorld(service(), daemonSet())
			w.policies, w.review = []*v1alpha1.NodeLocalPolicy{policy}, test.review
			sent := daemonSet()
			if test.both != nil {
				test.both(sent)
			}
			var stored object
			if test.update {
				stored = clone(t, sent)
			}
			if test.edits != nil {
				test.edits(sent)
			}
			verdict := w.send(t, sent, stored).verdict
			if got := ids(verdict.Results); !slices.Equal(got, test.want) {
				t.Errorf("results %q, want %q", got, test.want)
			}
			if got := strings.Join(verdict.Warnings, "\n"); !strings.HasPrefix(got, test.warns) || (test.warns == "") != (got == "") && test.names == "" {
				t.Errorf("warns %q, want %q", got, test.warns)
			}
			if test.names != "" && !strings.HasPrefix(verdict.Results[0].Message, test.names) {
				t.Errorf("says %q, want %q first", verdict.Results[0].Message, test.names)
			}
		})
	}
}

func TestARefusalByAPolicySaysTheWayOut(t *testing.T) {
	for sentence, test := range map[string]struct {
		policy *v1alpha1.NodeLocalPolicy
		want   string
	}{
		"where opting out is allowed":   {today, "annotate it inshore.dev/node-local: disabled."},
		"where opting out is forbidden": {everyone(v1alpha1.EnforcementEnforce, forbidden), "ask whoever keeps it for an exception."},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(service(), daemonSet())
			w.policies = []*v1alpha1.NodeLocalPolicy{test.policy}
			sent := daemonSet()
			hostPort(sent)
			if got := w.send(t, sent, nil).verdict.Errors(); len(got) != 1 || !strings.HasSuffix(got[0].Remedy, test.want) {
				t.Errorf("got %+v, want a remedy that ends %q", got, test.want)
			}
		})
	}
}
