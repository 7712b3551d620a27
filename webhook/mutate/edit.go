package mutate

import (
	"encoding/json"
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// edit is one mutation in the making.
type edit struct {
	history
	Result
	// asked is what the object asks for; empty if it asks for nothing or is
	// refused, and then every field goes back to its own value.
	asked v1alpha1.NodeLocal
	// template names the fields of the pod template that the patch changes.
	template []string
}

func begin(obj, old *input.Metadata, intent v1alpha1.Intent, refused string) *edit {
	e := &edit{history: recall(obj, old)}
	switch {
	case !intent.OptedIn():
	case refused != "":
		e.Refused = refused
	default:
		e.asked = intent.NodeLocal
	}
	return e
}

// place is where a field is: for machines and for people.
type place struct{ pointer, field string }

// settle brings a scalar field from now to target, and returns target.
func settle[T comparable](e *edit, at place, now, own, target *T, why string) *T {
	note(e, at, now, own, target, why)
	move(e, at, now, target)
	return target
}

// move appends the operation from now to target, if they differ.
func move[T comparable](e *edit, at place, now, target *T) {
	if !same(now, target) {
		e.write(at.pointer, raw(now), raw(target))
	}
}

// note remembers a scalar's own value if it has another, and explains the
// change if there is one.
func note[T comparable](e *edit, at place, now, own, target *T, why string) {
	restored, unchanged := same(own, target), same(now, target)
	if restored && unchanged {
		return
	}
	from, to := raw(own), raw(target)
	if !restored {
		e.remember(at.pointer, from, to)
	}
	if !unchanged {
		if !same(own, now) {
			from = raw(now)
		}
		e.explain(at.field, from, to, e.reason(why, restored))
	}
}

// write appends the operation that takes the value at a pointer from one state
// to another; nil is absent.
func (e *edit) write(pointer string, from, to json.RawMessage) {
	switch {
	case to == nil:
		e.remove(pointer)
	case from == nil:
		e.add(pointer, to)
	default:
		e.operate("replace", pointer, to)
	}
}

func (e *edit) add(pointer string, value json.RawMessage) { e.operate("add", pointer, value) }

func (e *edit) remove(pointer string) { e.operate("remove", pointer, nil) }

func (e *edit) operate(op, pointer string, value json.RawMessage) {
	if e.Patch == nil {
		e.Patch = make(Patch, 0, 8) // the most that is usual: no growing
	}
	e.Patch = append(e.Patch, Operation{Op: op, Path: pointer, Value: value})
}

// reason is why a field changes: for what was asked, or because it was not and
// the field goes back to its own value.
func (e *edit) reason(why string, restored bool) string {
	switch {
	case !restored:
		return why
	case e.Refused != "":
		return "Node-local traffic cannot work here, so what stood here before Inshore is put back: " + e.Refused + "."
	default:
		return "Nothing asks for this any more, so what stood here before Inshore is put back."
	}
}

func (e *edit) explain(field string, from, to json.RawMessage, why string) {
	if e.Changes == nil {
		e.Changes = make([]Change, 0, 8) // as many as operations
	}
	e.Changes = append(e.Changes, Change{Field: field, From: from, To: to, Why: why})
}

// raw is a scalar as JSON; nil stays nil, which is an absent field.
func raw[T comparable](value *T) json.RawMessage {
	if value == nil {
		return nil
	}
	switch v := any(value).(type) {
	case *string:
		return quote(*v)
	case *int64:
		return strconv.AppendInt(nil, *v, 10)
	case *intstr.IntOrString:
		if v.Type == intstr.String {
			return quote(v.StrVal)
		}
		return strconv.AppendInt(nil, int64(v.IntVal), 10)
	}
	panic("mutate: no JSON form for this type of field")
}

func quote(s string) json.RawMessage {
	return appendString(make([]byte, 0, len(s)+2), s)
}
