package mutate_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// request is an admission request: what is sent, and what is stored.
type request struct {
	object, old object
	platform    v1alpha1.Platform
}

// drawRequest draws a create, or an update of an object that went through
// admission before, by a client that may drop or forge the record.
func drawRequest(t *rapid.T) request {
	o := drawObject(t)
	r := request{platform: drawPlatform(t)}
	if rapid.Bool().Draw(t, "update") {
		r.old = admit(t, annotate(clone(t, o), drawWords(t, o["kind"])), nil, drawPlatform(t))
		if !rapid.Bool().Draw(t, "replaces") {
			o = clone(t, r.old)
		}
	}
	r.object = annotate(clone(t, o), drawWords(t, o["kind"]))
	switch rapid.IntRange(0, 5).Draw(t, "record") {
	case 0:
		annotate(r.object, map[string]string{v1alpha1.AnnotationPrevious: ""})
	case 1:
		annotate(r.object, map[string]string{v1alpha1.AnnotationPrevious: drawRecord(t)})
	}
	return r
}

// drawRecord draws a record that the webhook may never have written.
func drawRecord(t *rapid.T) string {
	values := []string{`"Cluster"`, `"Local"`, `"PreferSameNode"`, `0`, `1`, `2`, `"50%"`, `35`, `50`, `null`, `{}`, `[]`,
		`{"preStop":{"sleep":{"seconds":5}}}`, `{"sleep":{"seconds":5}}`, `"required"`, `"preferred"`, `"fallback"`}
	record := v1alpha1.Previous{}
	for _, at := range []string{
		"/spec/internalTrafficPolicy", "/spec/trafficDistribution", "/spec/externalTrafficPolicy",
		"/metadata/labels/inshore.dev~1node-local", "/metadata/labels/inshore.dev~1no-local-endpoint", "/spec/updateStrategy/type",
		"/spec/updateStrategy/rollingUpdate/maxSurge", "/spec/updateStrategy/rollingUpdate/maxUnavailable",
		"/spec/template/spec/terminationGracePeriodSeconds", "/spec/template/spec/readinessGates",
		"/spec/template/spec/readinessGates/-", "/spec/template/spec/containers/c0/lifecycle",
		"/spec/template/spec/containers/c0/lifecycle/preStop", "/spec/somethingElse",
	} {
		if rapid.Bool().Draw(t, at) {
			record[at] = v1alpha1.Replaced{
				From: json.RawMessage(rapid.SampledFrom(values).Draw(t, "from")),
				To:   json.RawMessage(rapid.SampledFrom(values).Draw(t, "to")),
			}
		}
	}
	return record.String()
}

func TestMutatingAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		mutated := admit(t, r.object, r.old, r.platform)
		if again := mutateObject(t, mutated, r.old, r.platform); len(again.Patch) > 0 {
			t.Fatalf("reinvoked with the same stored object: %s", again.Patch.AppendJSON(nil))
		}
		if again := mutateObject(t, mutated, mutated, r.platform); len(again.Patch) > 0 {
			t.Fatalf("stored and sent back: %s", again.Patch.AppendJSON(nil))
		}
		if again := mutateObject(t, mutated, nil, r.platform); len(again.Patch) > 0 {
			t.Fatalf("created again elsewhere: %s", again.Patch.AppendJSON(nil))
		}
	})
}

func TestOptingOutRestoresTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := drawObject(t)
		platform := drawPlatform(t)
		live := clone(t, original)
		for range rapid.IntRange(1, 4).Draw(t, "changes of mind") {
			live = admit(t, annotate(clone(t, live), drawWords(t, original["kind"])), live, platform)
		}
		live = admit(t, annotate(clone(t, live), noWords()), live, platform)
		if diff := cmp.Diff(string(encode(t, original)), string(encode(t, live))); diff != "" {
			t.Fatalf("not restored (-original +live):\n%s", diff)
		}
	})
}

func TestOnlyWhatWasAskedForIsTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		mutated := admit(t, r.object, r.old, r.platform)
		if diff := cmp.Diff(others(t, r.object), others(t, mutated)); diff != "" {
			t.Fatalf("touched (-sent +mutated):\n%s", diff)
		}
	})
}

// others is an object without the fields that mutation may write.
func others(t fataler, o object) object {
	o = clone(t, o)
	metadata, spec := child(o, "metadata"), child(o, "spec")
	for parent, keys := range map[string][]string{
		"labels": {v1alpha1.LabelNodeLocal, v1alpha1.LabelNoLocalEndpoint}, "annotations": {v1alpha1.AnnotationPrevious},
	} {
		if m, ok := metadata[parent].(object); ok {
			for _, key := range keys {
				delete(m, key)
			}
			if len(m) == 0 {
				delete(metadata, parent)
			}
		}
	}
	for _, key := range []string{"internalTrafficPolicy", "externalTrafficPolicy", "trafficDistribution", "updateStrategy"} {
		delete(spec, key)
	}
	if _, ok := spec["template"]; !ok {
		return o
	}
	pod := child(spec, "template", "spec")
	delete(pod, "terminationGracePeriodSeconds")
	gates, _ := pod["readinessGates"].([]any)
	delete(pod, "readinessGates")
	for _, gate := range gates {
		if condition := gate.(object)["conditionType"].(string); condition != v1alpha1.ReadinessGateRouted {
			child(pod, "gates")[condition] = true
		}
	}
	for _, c := range pod["containers"].([]any) {
		c := c.(object)
		if lifecycle, ok := c["lifecycle"].(object); ok {
			if preStop, ok := lifecycle["preStop"].(object); ok && preStop["sleep"] != nil {
				delete(lifecycle, "preStop")
			}
			if len(lifecycle) == 0 {
				delete(c, "lifecycle")
			}
		}
	}
	return o
}

func TestEveryOperationChangesSomething(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		patch := mutateObject(t, r.object, r.old, r.platform).Patch
		paths := map[string]bool{}
		now := r.object
		for i, op := range patch {
			after := apply(t, now, patch[i:i+1])
			if equal(t, now, after) {
				t.Fatalf("%s %s changes nothing", op.Op, op.Path)
			}
			for path := range paths {
				if strings.HasPrefix(op.Path+"/", path+"/") && !strings.HasSuffix(path, "/-") {
					t.Fatalf("%s is written by two operations", op.Path)
				}
			}
			paths[op.Path] = true
			now = after
		}
	})
}

func TestTheProjectionIsWhatThePatchMakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		result := mutateObject(t, r.object, r.old, r.platform)
		patched := encode(t, apply(t, r.object, result.Patch))
		var want input.Object = decode[input.DaemonSet](t, patched)
		if r.object["kind"] == "Service" {
			want = decode[input.Service](t, patched)
		}
		if diff := cmp.Diff(want, result.Object); diff != "" {
			t.Fatalf("projection (-patched +returned):\n%s", diff)
		}
		if (len(result.Patch) == 0) != (len(result.Changes) == 0) {
			t.Fatalf("%d operations but %d changes", len(result.Patch), len(result.Changes))
		}
		for _, change := range result.Changes {
			if change.Field == "" || change.Why == "" || string(change.From) == string(change.To) {
				t.Fatalf("a change that explains nothing: %+v", change)
			}
		}
		for _, warning := range result.Warnings {
			if len(warning) > 256 {
				t.Fatalf("an API server may cut %d characters: %s", len(warning), warning)
			}
		}
	})
}

func TestTheInputIsNotMutated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := annotate(drawDaemonSet(t), map[string]string{"inshore.dev/node-local": "required", "inshore.dev/drain": "5s"})
		obj, before := decode[input.DaemonSet](t, encode(t, o)), decode[input.DaemonSet](t, encode(t, o))
		intent, _ := v1alpha1.Parse(v1alpha1.KindDaemonSet, obj.Metadata.Annotations)
		mutate.DaemonSet(obj, obj, mutate.Own(intent), v1alpha1.Platform{ReadinessGate: "agent"})
		if !reflect.DeepEqual(before, obj) {
			t.Fatalf("changed:\n%s", cmp.Diff(before, obj))
		}
		s := annotate(drawService(t), map[string]string{"inshore.dev/node-local": "preferred"})
		svc, unchanged := decode[input.Service](t, encode(t, s)), decode[input.Service](t, encode(t, s))
		intent, _ = v1alpha1.Parse(v1alpha1.KindService, svc.Metadata.Annotations)
		mutate.Service(svc, svc, mutate.Own(intent), kubernetes)
		if !reflect.DeepEqual(unchanged, svc) {
			t.Fatalf("changed:\n%s", cmp.Diff(unchanged, svc))
		}
	})
}

func TestExactlyOneOfSurgeAndUnavailableIsNotZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := drawDaemonSet(t)
		live := before
		for range rapid.IntRange(1, 4).Draw(t, "updates") {
			sent := annotate(clone(t, live), drawWords(t, "DaemonSet"))
			if rolling, ok := child(sent, "spec", "updateStrategy")["rollingUpdate"].(object); ok && rapid.Bool().Draw(t, "edits") {
				// One of the pair, as people edit: a pair that the API server
				// would refuse if nobody mended it.
				rolling[rapid.SampledFrom([]string{"maxSurge", "maxUnavailable"}).Draw(t, "field")] = rapid.SampledFrom([]any{2, "20%"}).Draw(t, "amount")
			}
			result := mutateObject(t, sent, live, kubernetes)
			live = apply(t, sent, result.Patch)
			strategy := result.Object.(*input.DaemonSet).Spec.UpdateStrategy
			touched := strings.Contains(string(result.Patch.AppendJSON(nil)), "rollingUpdate/max")
			if !touched || strategy == nil || strategy.RollingUpdate == nil {
				continue
			}
			surge, unavailable := strategy.RollingUpdate.MaxSurge, strategy.RollingUpdate.MaxUnavailable
			surges := surge != nil && surge.String() != "0" && surge.String() != "0%"
			stops := unavailable == nil || unavailable.String() != "0" && unavailable.String() != "0%"
			if surges == stops {
				t.Fatalf("maxSurge %v and maxUnavailable %v", surge, unavailable)
			}
		}
	})
}

func TestNothingIsRecordedWithoutReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		result := mutateObject(t, r.object, r.old, r.platform)
		annotations := result.Object.Meta().Annotations
		text, recorded := annotations[v1alpha1.AnnotationPrevious]
		optedIn := v1alpha1.NodeLocal(annotations[v1alpha1.AnnotationNodeLocal]).OptedIn()
		if recorded && (!optedIn || result.Refused != "") {
			t.Fatalf("a record on an object that is left alone: %s", text)
		}
		record, err := v1alpha1.ParsePrevious(text)
		if err != nil || recorded && len(record) == 0 {
			t.Fatalf("a record of nothing: %q, %v", text, err)
		}
		for at, replaced := range record {
			if string(replaced.From) == string(replaced.To) {
				t.Fatalf("%s is recorded without having changed: %s", at, replaced.To)
			}
		}
	})
}
