package routes

import (
	"slices"
	"strings"
)

// Labels are the labels of a pod, or a Service's selector, sorted by key. A map
// of one entry takes ten times the memory, and there may be 100,000 selectors.
type Labels []Label

// Label is one key and its value.
type Label struct{ Key, Value string }

// LabelsOf is m as Labels; nil for none.
func LabelsOf(m map[string]string) Labels {
	if len(m) == 0 {
		return nil
	}
	labels := make(Labels, 0, len(m))
	for key, value := range m {
		labels = append(labels, Label{key, value})
	}
	slices.SortFunc(labels, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	return labels
}

// Selects reports whether every one of l is among labels. As with the selector
// of a Service, an empty one selects nothing.
func (l Labels) Selects(labels Labels) bool {
	for _, want := range l {
		for len(labels) > 0 && labels[0].Key < want.Key {
			labels = labels[1:]
		}
		if len(labels) == 0 || labels[0] != want {
			return false
		}
	}
	return len(l) > 0
}
