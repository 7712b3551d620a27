package v1alpha1

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Previous is what the webhook replaced, kept in [AnnotationPrevious] so that
// opting out puts it back. The key is a JSON pointer (RFC 6901) into the
// object.
type Previous map[string]Replaced

// Replaced is one field's history.
type Replaced struct {
	// From is the JSON value that the field had before; nil if it was absent.
	From json.RawMessage `json:"from,omitempty"`
	// To is the JSON value that we wrote. A field that holds anything else
	// was changed by somebody since and is left to them.
	To json.RawMessage `json:"to"`
}

// ParsePrevious reads the annotation's value. An empty value is an empty
// record. The error says what is wrong with the JSON.
func ParsePrevious(value string) (Previous, error) {
	if value == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(value)))
	decoder.DisallowUnknownFields()
	var previous Previous
	if err := decoder.Decode(&previous); err != nil {
		return nil, fmt.Errorf("reading %s: %w", AnnotationPrevious, err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("reading %s: something follows the JSON object", AnnotationPrevious)
	}
	for pointer, replaced := range previous {
		if pointer == "" || pointer[0] != '/' {
			return nil, fmt.Errorf("reading %s: %q is not a JSON pointer", AnnotationPrevious, pointer)
		}
		if len(replaced.To) == 0 {
			return nil, fmt.Errorf("reading %s: %q has no \"to\"", AnnotationPrevious, pointer)
		}
	}
	return previous, nil
}

// String is the annotation's value: compact JSON with sorted keys, so that the
// same record is always the same text.
func (p Previous) String() string {
	if len(p) == 0 {
		return ""
	}
	text, err := json.Marshal(p)
	if err != nil {
		// Only a RawMessage that is not JSON can fail, and ParsePrevious and
		// the webhook put none there.
		panic(fmt.Sprintf("encoding %s: %v", AnnotationPrevious, err))
	}
	return string(text)
}
