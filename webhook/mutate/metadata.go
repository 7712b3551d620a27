package mutate

import (
	"maps"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// mapKey is one entry of a map of strings in metadata.
type mapKey struct {
	place
	parent, key string
}

var (
	labelNodeLocal = mapKey{
		place{"/metadata/labels/" + token(v1alpha1.LabelNodeLocal), "metadata.labels[" + v1alpha1.LabelNodeLocal + "]"},
		"/metadata/labels", v1alpha1.LabelNodeLocal,
	}
	annotationPrevious = mapKey{
		place{"/metadata/annotations/" + token(v1alpha1.AnnotationPrevious), "metadata.annotations[" + v1alpha1.AnnotationPrevious + "]"},
		"/metadata/annotations", v1alpha1.AnnotationPrevious,
	}
)

const (
	whyLabel    = "The EndpointSlice controller copies the label to the Service's slices, so that node agents can watch those alone."
	whyPrevious = "The record of what was replaced, so that opting out puts it back."
	whyForget   = "Nothing is replaced any more, so there is nothing to record."
)

// label settles the label that agents watch by. A label of that name that was
// there before is replaced, recorded and put back like any field.
func (e *edit) label(labels map[string]string) map[string]string {
	var now *string
	if value, found := labels[v1alpha1.LabelNodeLocal]; found {
		now = &value
	}
	mine, _ := own(&e.history, labelNodeLocal.pointer, now)
	target := mine
	if e.asked != "" {
		asked := string(e.asked)
		target = &asked
	}
	note(e, labelNodeLocal.place, now, mine, target, whyLabel)
	return e.entry(labels, labelNodeLocal, now, target)
}

// record writes the record itself, last of all.
func (e *edit) record(annotations map[string]string) map[string]string {
	var now, target *string
	why := whyForget
	if value, found := annotations[v1alpha1.AnnotationPrevious]; found {
		now = &value
	}
	if len(e.next) > 0 {
		value := e.next.String()
		target, why = &value, whyPrevious
	}
	if !same(now, target) {
		e.explain(annotationPrevious.field, raw(now), raw(target), why)
	}
	return e.entry(annotations, annotationPrevious, now, target)
}

// entry brings one key of a map from now to target. The map is created with
// its first key and goes with its last: an API server stores no empty one.
func (e *edit) entry(m map[string]string, at mapKey, now, target *string) map[string]string {
	if same(now, target) {
		return m
	}
	if target == nil && len(m) == 1 {
		e.remove(at.parent)
		return nil
	}
	if m == nil {
		object := append(appendString([]byte{'{'}, at.key), ':')
		e.add(at.parent, append(appendString(object, *target), '}'))
		return map[string]string{at.key: *target}
	}
	move(e, at.place, now, target)
	m = maps.Clone(m)
	if target == nil {
		delete(m, at.key)
	} else {
		m[at.key] = *target
	}
	return m
}
