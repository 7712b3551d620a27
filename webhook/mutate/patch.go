package mutate

import (
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Operation is one operation of RFC 6902: add, replace or remove.
type Operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value,omitempty"`
}

// Patch is a JSON Patch (RFC 6902). It is minimal: every operation changes
// something, and a parent is added only where there is none.
type Patch []Operation

// AppendJSON appends the patch as a JSON array to b: what json.Marshal would
// give, without reflection and without reading again the Values, which are JSON
// already.
func (p Patch) AppendJSON(b []byte) []byte {
	b = append(b, '[')
	for i, op := range p {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"op":"`...)
		b = append(b, op.Op...)
		b = append(b, `","path":`...)
		b = appendString(b, op.Path)
		if len(op.Value) > 0 {
			b = append(b, `,"value":`...)
			b = append(b, op.Value...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// token escapes a key for a JSON pointer (RFC 6901, section 3).
func token(key string) string {
	if !strings.ContainsAny(key, "~/") {
		return key
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// appendString appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD; the API server lets none in.
func appendString(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	if err != nil {
		// The only error there is says that s is not UTF-8, and by then it has
		// been made so and appended.
		return b
	}
	return b
}
