package mutate_test

import (
	"bytes"
	"encoding/json"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// object is a whole Kubernetes object, with the fields that no projection has.
type object = map[string]any

// fataler is what *testing.T and *rapid.T share.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

var kubernetes = v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}

// fromYAML reads an object as people write it.
func fromYAML(t fataler, text string) object {
	t.Helper()
	var o object
	if err := yaml.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("reading %s: %v", text, err)
	}
	return o
}

// encode is the canonical JSON of an object: sorted keys, no blanks.
func encode(t fataler, o object) []byte {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	return text
}

func decode[T any](t fataler, text []byte) *T {
	t.Helper()
	var value T
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return &value
}

func clone(t fataler, o object) object {
	t.Helper()
	if o == nil {
		return nil
	}
	return *decode[object](t, encode(t, o))
}

// mutateObject does what the webhook does: project, parse, mutate. old may be
// nil.
func mutateObject(t fataler, o, old object, p v1alpha1.Platform) mutate.Result {
	t.Helper()
	kind := v1alpha1.Kind(o["kind"].(string))
	sent := encode(t, o)
	var stored []byte
	if old != nil {
		stored = encode(t, old)
	}
	if kind == v1alpha1.KindService {
		return mutateProjected(t, sent, stored, p, mutate.Service)
	}
	return mutateProjected(t, sent, stored, p, mutate.DaemonSet)
}

func mutateProjected[T any, P interface {
	*T
	input.Object
}](t fataler, sent, stored []byte, p v1alpha1.Platform, f func(obj, old P, words mutate.Words, p v1alpha1.Platform) mutate.Result) mutate.Result {
	t.Helper()
	obj := P(decode[T](t, sent))
	var old P
	if stored != nil {
		old = decode[T](t, stored)
	}
	intent, errs := v1alpha1.Parse(obj.Kind(), obj.Meta().Annotations)
	if len(errs) > 0 {
		t.Fatalf("parsing annotations: %v", errs.ToAggregate())
	}
	return f(obj, old, mutate.Words{Intent: intent, EnforcedBy: obj.Meta().Annotations[v1alpha1.AnnotationEnforcedBy]}, p)
}

// apply applies a patch with a library that is not ours.
func apply(t fataler, o object, patch mutate.Patch) object {
	t.Helper()
	decoded, err := jsonpatch.DecodePatch(patch.AppendJSON(nil))
	if err != nil {
		t.Fatalf("the patch is no RFC 6902: %v: %s", err, patch.AppendJSON(nil))
	}
	patched, err := decoded.Apply(encode(t, o))
	if err != nil {
		t.Fatalf("the patch does not apply: %v: %s to %s", err, patch.AppendJSON(nil), encode(t, o))
	}
	return *decode[object](t, patched)
}

// admit is one request: the object as it comes out of the mutating webhook.
func admit(t fataler, o, old object, p v1alpha1.Platform) object {
	t.Helper()
	return apply(t, o, mutateObject(t, o, old, p).Patch)
}

func equal(t fataler, a, b object) bool {
	t.Helper()
	return bytes.Equal(encode(t, a), encode(t, b))
}

// child is the object at a path, created if absent.
func child(o object, path ...string) object {
	for _, key := range path {
		next, ok := o[key].(object)
		if !ok {
			next = object{}
			o[key] = next
		}
		o = next
	}
	return o
}

// annotate sets our annotations, and removes the one whose value is empty. A
// map that becomes empty goes, as it does in an API server.
func annotate(o object, annotations map[string]string) object {
	metadata := child(o, "metadata")
	into := child(metadata, "annotations")
	for key, value := range annotations {
		if value == "" {
			delete(into, key)
		} else {
			into[key] = value
		}
	}
	if len(into) == 0 {
		delete(metadata, "annotations")
	}
	return o
}

// maybe sets a key in half of the cases.
func maybe(t *rapid.T, o object, key string, values ...any) {
	if rapid.Bool().Draw(t, "has "+key) {
		o[key] = rapid.SampledFrom(values).Draw(t, key)
	}
}

func TestEveryTestKindIsProjected(t *testing.T) {
	for _, kind := range []v1alpha1.Kind{v1alpha1.KindService, v1alpha1.KindDaemonSet} {
		result := mutateObject(t, object{"kind": string(kind)}, nil, kubernetes)
		if result.Object.Kind() != kind || len(result.Patch) > 0 {
			t.Errorf("%s: got %+v", kind, result)
		}
	}
}
