package mutate_test

import (
	"encoding/json"
	"reflect"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

func TestAppendJSONIsWhatMarshalGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patch := mutate.Patch{}
		for range rapid.IntRange(0, 4).Draw(t, "operations") {
			value, _ := json.Marshal(rapid.String().Draw(t, "value"))
			op := mutate.Operation{Op: "add", Path: "/" + rapid.String().Draw(t, "path"), Value: value}
			if rapid.Bool().Draw(t, "remove") {
				op.Op, op.Value = "remove", nil
			}
			patch = append(patch, op)
		}
		var want, got any
		text, err := json.Marshal(patch)
		if err != nil {
			t.Fatal(err)
		}
		ours := patch.AppendJSON(nil)
		if err := json.Unmarshal(ours, &got); err != nil {
			t.Fatalf("%v: %s", err, ours)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("got %s, want %s", ours, text)
		}
	})
}

func TestAppendJSONAppends(t *testing.T) {
	patch := mutate.Patch{{Op: "remove", Path: "/a"}}
	if got, want := string(patch.AppendJSON([]byte("x"))), `x[{"op":"remove","path":"/a"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := string(mutate.Patch(nil).AppendJSON(nil)); got != "[]" {
		t.Errorf("an empty patch is %s", got)
	}
}

// TestProjectionsThatAreRemovedWholeAreWhole guards what opting out relies on:
// it removes these parents once it has emptied them, so a field that Kubernetes
// adds to one must be projected before it may be deleted unseen.
func TestProjectionsThatAreRemovedWholeAreWhole(t *testing.T) {
	for _, pair := range [][2]any{
		{corev1.Lifecycle{}, input.Lifecycle{}},
		{appsv1.DaemonSetUpdateStrategy{}, input.UpdateStrategy{}},
		{appsv1.RollingUpdateDaemonSet{}, input.RollingUpdate{}},
		{corev1.SleepAction{}, input.Sleep{}},
	} {
		kubernetes, ours := jsonNames(pair[0]), jsonNames(pair[1])
		for name := range kubernetes {
			if !ours[name] {
				t.Errorf("%T has %s, which %T does not project", pair[0], name, pair[1])
			}
		}
	}
}

func jsonNames(v any) map[string]bool {
	names := map[string]bool{}
	for _, field := range reflect.VisibleFields(reflect.TypeOf(v)) {
		names[field.Tag.Get("json")] = true
	}
	return names
}
