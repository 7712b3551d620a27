package rewrite

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// verifier tells whether edits lead where they should: every object of the file
// is what it was, with its patch if it has one.
type verifier struct {
	name   string
	data   []byte
	before []any
}

func newVerifier(name string, data []byte, objects []manifest.Object) *verifier {
	return &verifier{name: name, data: data, before: contents(objects)}
}

// contents are the objects as JSON values; of one that has none, because its
// aliases grow past any bound, what is wrong with it.
func contents(objects []manifest.Object) []any {
	values := make([]any, len(objects))
	for i := range objects {
		text, problem := objects[i].JSON()
		if problem != nil {
			values[i] = problem.Message
			continue
		}
		values[i] = decode(text)
	}
	return values
}

// decode reads JSON and keeps its numbers as they are written.
func decode(text []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		panic("rewrite: decoding an object: " + err.Error()) // it is from an encoder
	}
	return value
}

func (v *verifier) holds(plans []plan) bool {
	var edits []Edit
	patches := map[int]mutate.Patch{}
	for _, plan := range plans {
		edits = append(edits, plan.edits...)
		patches[plan.patch.Object] = plan.patch.Operations
	}
	if !apart(edits, len(v.data)) {
		return false
	}
	objects, problems := manifest.Parse(v.name, Apply(v.data, edits))
	if len(problems) > 0 || len(objects) != len(v.before) {
		return false
	}
	for i, after := range contents(objects) {
		want, ok := patched(v.before[i], patches[i])
		if !ok || !reflect.DeepEqual(after, want) {
			return false
		}
	}
	return true
}

// patched is a JSON value with a patch applied. What the patch does not touch
// is shared with the value.
func patched(value any, operations mutate.Patch) (any, bool) {
	for _, operation := range operations {
		if operation.Op != "add" && operation.Op != "replace" {
			return nil, false
		}
		var ok bool
		if value, ok = set(value, pointerSteps(operation.Path), decode(operation.Value)); !ok {
			return nil, false
		}
	}
	return value, true
}

// set is a value in which the one at the end of the steps is another.
func set(in any, steps []string, to any) (any, bool) {
	if len(steps) == 0 {
		return to, true
	}
	switch in := in.(type) {
	case map[string]any:
		inner, ok := set(in[steps[0]], steps[1:], to)
		if !ok {
			return nil, false
		}
		out := make(map[string]any, len(in)+1)
		for key, value := range in {
			out[key] = value
		}
		out[steps[0]] = inner
		return out, true
	case []any:
		if steps[0] == "-" && len(steps) == 1 {
			return append(slices.Clip(in), to), true
		}
		i, err := strconv.Atoi(steps[0])
		if err != nil || i < 0 || i >= len(in) {
			return nil, false
		}
		out := slices.Clone(in)
		var ok bool
		out[i], ok = set(in[i], steps[1:], to)
		return out, ok
	}
	return nil, false
}
