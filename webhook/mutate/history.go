package mutate

import (
	"bytes"
	"encoding/json"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// history is what Inshore wrote over before, and what it writes over now.
type history struct {
	// records are the one that was sent and the one that is stored.
	records []v1alpha1.Previous
	next    v1alpha1.Previous
}

// recall reads the records. One that cannot be read is none: Parse has already
// refused the object that carries it, and a stored one has no one to tell.
func recall(obj, old *input.Metadata) history {
	var h history
	sent := obj.Annotations[v1alpha1.AnnotationPrevious]
	h.read(sent)
	// The same record twice would undo no more than once.
	if old != nil && old.Annotations[v1alpha1.AnnotationPrevious] != sent {
		h.read(old.Annotations[v1alpha1.AnnotationPrevious])
	}
	return h
}

func (h *history) read(text string) {
	if record, err := v1alpha1.ParsePrevious(text); err == nil && len(record) > 0 {
		h.records = append(h.records, record)
	}
}

// remember notes that the field held own and gets target.
func (h *history) remember(pointer string, own, target json.RawMessage) {
	if h.next == nil {
		h.next = make(v1alpha1.Previous, 4)
	}
	h.next[pointer] = v1alpha1.Replaced{From: own, To: target}
}

// own is what a field would hold without us; nil if absent. restored reports
// that this is not what it holds now.
//
// What we wrote is recognised by its text, which is quick and enough: no one
// but the webhook writes the record. A From of another type than the field is
// not from us, whatever it says.
func own[T comparable](h *history, pointer string, now *T) (value *T, restored bool) {
	value = now
	for _, record := range h.records {
		entry, found := record[pointer]
		if !found || !bytes.Equal(entry.To, raw(value)) {
			continue
		}
		var from *T
		if entry.From == nil || json.Unmarshal(entry.From, &from) == nil {
			value = from
		}
	}
	return value, !same(now, value)
}

// same reports whether two optional values are equal.
func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
