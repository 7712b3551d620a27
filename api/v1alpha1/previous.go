package v1alpha1

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Previous is what the webhook replaced, kept in [AnnotationPrevious] so that
// opting out puts it back. The key is a JSON pointer (RFC 6901) into the
// object, with two readings of its own:
//
//   - A container is named by its name, not by its index, which would mean
//     another container once the list has been reordered:
//     /spec/template/spec/containers/server/lifecycle/preStop. A name may
//     consist of digits, so a token there is never an index.
//   - The token - is the list element that was appended:
//     /spec/template/spec/readinessGates/-.
//
// An entry is at the parent if that was created with the field, and goes with
// it: …/containers/server/lifecycle for a container that had no lifecycle.
type Previous map[string]Replaced

// Replaced is one field's history.
type Replaced struct {
	// From is the JSON value that the field had before; nil if it was absent.
	From json.RawMessage `json:"from,omitempty"`
	// To is the JSON value that we wrote. A field that holds anything else
	// was changed by somebody since and is left to them.
	To json.RawMessage `json:"to"`
}

// errPrevious is ours because the decoder words its own errors differently from
// one process to the next, and a refusal must read the same at every door.
var errPrevious = errors.New(`not a JSON object like {"/spec/field": {"from": 1, "to": 2}}`)

// ParsePrevious reads the annotation's value. An empty value is an empty
// record. The error says what is wrong with it.
func ParsePrevious(value string) (Previous, error) {
	if value == "" {
		return nil, nil
	}
	var previous Previous
	if err := jsonv2.Unmarshal([]byte(value), &previous, jsonv2.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", AnnotationPrevious, errPrevious)
	}
	for _, pointer := range slices.Sorted(maps.Keys(previous)) {
		if pointer == "" || pointer[0] != '/' {
			return nil, fmt.Errorf("reading %s: %q is not a JSON pointer", AnnotationPrevious, pointer)
		}
		if len(previous[pointer].To) == 0 {
			return nil, fmt.Errorf("reading %s: %q has no \"to\"", AnnotationPrevious, pointer)
		}
	}
	return previous, nil
}

// String is the annotation's value: JSON with sorted keys, so that the same
// record is always the same text; empty for an empty record. It is compact if
// its values are, as those that the webhook writes.
func (p Previous) String() string {
	if len(p) == 0 {
		return ""
	}
	b := make([]byte, 0, 96*len(p))
	separator := byte('{')
	for _, pointer := range slices.Sorted(maps.Keys(p)) {
		b = append(b, separator)
		separator = ','
		b, _ = jsontext.AppendQuote(b, pointer) // fails, having appended, only on bytes that are not UTF-8
		b = append(b, ':')
		b = p[pointer].append(b)
	}
	return string(append(b, '}'))
}

func (r Replaced) append(b []byte) []byte {
	b = append(b, '{')
	if r.From != nil {
		b = append(b, `"from":`...)
		b = append(b, r.From...)
		b = append(b, ',')
	}
	b = append(b, `"to":`...)
	b = append(b, r.To...)
	return append(b, '}')
}
