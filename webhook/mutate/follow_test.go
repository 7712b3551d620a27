package mutate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// follow is an object after mutation by its own words and a policy's, which may be
// nil.
func follow(t *rapid.T, o, old object, policy *v1alpha1.EnforcedBy, p v1alpha1.Platform) object {
	t.Helper()
	return apply(t, o, followed(t, o, old, policy, p).Patch)
}

func followed(t *rapid.T, o, old object, policy *v1alpha1.EnforcedBy, p v1alpha1.Platform) mutate.Result {
	t.Helper()
	annotations := map[string]string{}
	all, _ := o["metadata"].(object)["annotations"].(object)
	for key, value := range all {
		annotations[key], _ = value.(string)
	}
	kind := v1alpha1.Kind(o["kind"].(string))
	own, errs := v1alpha1.ParseOwn(kind, annotations)
	if len(errs) > 0 {
		t.Fatalf("parsing annotations: %v", errs.ToAggregate())
	}
	words := mutate.Own(own)
	if policy != nil {
		words = mutate.Under(own, *policy, policy.String())
	}
	if kind == v1alpha1.KindService {
		var stored *input.Service
		if old != nil {
			stored = decode[input.Service](t, encode(t, old))
		}
		return mutate.Service(decode[input.Service](t, encode(t, o)), stored, words, p)
	}
	var stored *input.DaemonSet
	if old != nil {
		stored = decode[input.DaemonSet](t, encode(t, old))
	}
	return mutate.DaemonSet(decode[input.DaemonSet](t, encode(t, o)), stored, words, p)
}

func drawPolicy(t *rapid.T, kind any) *v1alpha1.EnforcedBy {
	if rapid.IntRange(0, 4).Draw(t, "no policy") == 0 {
		return nil
	}
	words := drawWords(t, kind)
	if v := words[v1alpha1.AnnotationNodeLocal]; v == "" || v == "disabled" {
		words[v1alpha1.AnnotationNodeLocal] = "required" // a policy says one of two
	}
	for key, value := range words {
		if value == "" {
			delete(words, key)
		}
	}
	intent, errs := v1alpha1.ParseOwn(v1alpha1.Kind(kind.(string)), words)
	if len(errs) > 0 {
		t.Fatalf("parsing a policy: %v", errs.ToAggregate())
	}
	policy := v1alpha1.NewEnforcedBy("everyone", intent, rapid.SampledFrom([]v1alpha1.OptOut{"Allowed", "Forbidden"}).Draw(t, "optOut"))
	return &policy
}

// TestPoliciesComeAndGo holds that what policies write is a fixpoint whatever the
// object says itself, is recorded, and goes without a trace.
func TestPoliciesComeAndGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original, platform := drawObject(t), drawPlatform(t)
		live := clone(t, original)
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			policy := drawPolicy(t, original["kind"])
			sent := annotate(clone(t, live), drawWords(t, original["kind"]))
			after := follow(t, sent, live, policy, platform)
			if again := followed(t, after, after, policy, platform); len(again.Patch) > 0 {
				t.Fatalf("again: %s", again.Patch.AppendJSON(nil))
			}
			want := ""
			if policy != nil {
				want = policy.String()
			}
			annotations, _ := after["metadata"].(object)["annotations"].(object)
			if got, _ := annotations[v1alpha1.AnnotationEnforcedBy].(string); got != want {
				t.Fatalf("the record is %q, want %q", got, want)
			}
			live = after
		}
		live = follow(t, annotate(clone(t, live), noWords()), live, nil, platform)
		if diff := cmp.Diff(string(encode(t, original)), string(encode(t, live))); diff != "" {
			t.Fatalf("not restored (-original +live):\n%s", diff)
		}
	})
}
