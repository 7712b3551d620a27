package manifest

import (
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/go-json-experiment/json"
	kjson "sigs.k8s.io/json"
)

// Decode reads the object into a Go type with JSON tags, as the API server
// would: field names are case-sensitive, unknown fields are ignored, a value of
// the wrong type is a Problem that names its line.
func (o *Object) Decode(into any) *Problem {
	e := o.reset()
	if fault := e.value("", o.node, 0); fault != nil {
		return o.problem(fault)
	}
	return o.decode(e, into)
}

// Project is [Object.Decode] in a third of the time, for types that hold no
// interface: their numbers would not stay exact.
func (o *Object) Project(into any) *Problem {
	e := o.reset()
	if fault := e.value("", o.node, 0); fault != nil {
		return o.problem(fault)
	}
	if json.Unmarshal(e.json, into) == nil {
		return nil
	}
	// The decoder that the API server uses has the last word, and says where in
	// the text it was.
	reflect.ValueOf(into).Elem().SetZero()
	return o.decode(e, into)
}

// Check finds what an API server could not be given of the object, whatever its
// type: numbers that JSON cannot hold, aliases without end.
func (o *Object) Check() *Problem {
	if fault := o.reset().value("", o.node, 0); fault != nil {
		return o.problem(fault)
	}
	return nil
}

// reset is an encoder for the object, with the memory of the last one.
func (o *Object) reset() *encoder {
	e := &o.reader.encoder
	*e = encoder{json: e.json[:0], marks: e.marks[:0]}
	return e
}

func (o *Object) decode(e *encoder, into any) *Problem {
	err := kjson.UnmarshalCaseSensitivePreserveInts(e.json, into)
	if err == nil {
		return nil
	}
	at := &fault{
		node:    o.node,
		message: fmt.Sprintf("not a %s: %v", o.Kind, err),
		remedy:  "correct the value; an API server would refuse this object",
	}
	if mistyped := (*jsonv1.UnmarshalTypeError)(nil); errors.As(err, &mistyped) {
		where := e.markAt(int(mistyped.Offset))
		at.node = where.node
		at.message = fmt.Sprintf("not a %s: %s is a %s, and must be %s", o.Kind, where.path(mistyped.Field), mistyped.Value, wanted(mistyped))
		if mistyped.Type.Kind().String() == "string" {
			at.remedy = fmt.Sprintf("write it in quotes: %q", at.node.Value)
		}
	}
	return o.problem(at)
}

// wanted names the type in the words of a manifest rather than of Go.
func wanted(err *jsonv1.UnmarshalTypeError) string {
	switch kind := err.Type.Kind().String(); kind {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "int32", "int64":
		return "a whole number"
	case "slice":
		return "a list"
	case "map", "struct":
		return "a mapping"
	default:
		return kind
	}
}

func (o *Object) problem(f *fault) *Problem {
	return &Problem{File: o.File, Line: o.base + f.node.Line, Message: f.message, Remedy: f.remedy}
}

// path completes a field path of the decoder, which leaves out keys of maps.
func (m mark) path(field string) string {
	if m.key == "" || field == m.key || strings.HasSuffix(field, "."+m.key) {
		return field
	}
	return fmt.Sprintf("%s[%s]", field, m.key)
}

// markAt is the mark of the value that stands at an offset of the JSON.
func (e *encoder) markAt(offset int) mark {
	i := sort.Search(len(e.marks), func(i int) bool { return e.marks[i].offset > offset })
	return e.marks[max(0, i-1)]
}
