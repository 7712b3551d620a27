package mutate

import (
	"maps"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// entry is one key of a map of strings in metadata.
type entry struct {
	place
	key string
}

const (
	pointerLabels      = "/metadata/labels"
	pointerAnnotations = "/metadata/annotations"
)

func labelEntry(key string) entry {
	return entry{place{pointerLabels + "/" + token(key), "metadata.labels[" + key + "]"}, key}
}

func annotationEntry(key string) entry {
	return entry{place{pointerAnnotations + "/" + token(key), "metadata.annotations[" + key + "]"}, key}
}

var (
	labelNodeLocal       = labelEntry(v1alpha1.LabelNodeLocal)
	labelNoLocalEndpoint = labelEntry(v1alpha1.LabelNoLocalEndpoint)
	annotationPrevious   = annotationEntry(v1alpha1.AnnotationPrevious)
	annotationEnforcedBy = annotationEntry(v1alpha1.AnnotationEnforcedBy)
)

const (
	whyLabel    = "The EndpointSlice controller copies the label to the Service's slices, so that node agents can watch those alone."
	whyFallback = "Calls may leave the node while no local pod serves, so node agents watch this Service's slices: by this label."
	whyPrevious = "The record of what was replaced, so that opting out puts it back."
	whyFollow   = "The NodeLocalPolicy that holds for this object, and what it asks for."
	whyLeave    = "This object follows no NodeLocalPolicy, or not that one any more."
	whyForget   = "Nothing is replaced any more, so there is nothing to record."
)

// labels settles the labels that agents watch by. Those of a Service that never
// leaves its node do not make its slices worth watching: no node should hear of
// endpoints that it can never use.
func (e *edit) labels(labels map[string]string, elsewhere v1alpha1.NoLocalEndpoint) map[string]string {
	fallback := ""
	if e.asked == v1alpha1.NodeLocalRequired && elsewhere == v1alpha1.NoLocalEndpointFallback {
		fallback = string(elsewhere)
	}
	return e.entries(labels, pointerLabels,
		e.label(labels, labelNodeLocal, string(e.asked), whyLabel),
		e.label(labels, labelNoLocalEndpoint, fallback, whyFallback))
}

// label decides one label; asked is empty if nothing asks for it. A label of
// that name that was there before is replaced, recorded and put back like any
// field.
func (e *edit) label(labels map[string]string, at entry, asked, why string) step {
	s := step{entry: at}
	if value, found := labels[at.key]; found {
		s.now = &value
	}
	mine, _ := own(&e.history, at.pointer, s.now)
	s.target = mine
	if asked != "" {
		s.target = &asked
	}
	note(e, at.place, s.now, mine, s.target, why)
	return s
}

// record writes what is the webhook's own, last of all: the policy that the
// object follows and what was replaced.
func (e *edit) record(annotations map[string]string, enforcedBy string) map[string]string {
	return e.entries(annotations, pointerAnnotations,
		e.annotation(annotations, annotationEnforcedBy, enforcedBy, whyFollow, whyLeave),
		e.annotation(annotations, annotationPrevious, e.next.String(), whyPrevious, whyForget))
}

// annotation decides one annotation that is the webhook's own; target is empty if
// there is to be none.
func (e *edit) annotation(annotations map[string]string, at entry, target, why, whyNot string) step {
	s := step{entry: at}
	if value, found := annotations[at.key]; found {
		s.now = &value
	}
	if target != "" {
		s.target = &target
	} else {
		why = whyNot
	}
	if !same(s.now, s.target) {
		e.explain(s.field, raw(s.now), raw(s.target), why)
	}
	return s
}

// step is what one key of a map goes from, and to.
type step struct {
	entry
	now, target *string
}

// entries takes the steps in the map at a pointer. The map is created with its
// first key and goes with its last: an API server stores no empty one.
func (e *edit) entries(m map[string]string, parent string, steps ...step) map[string]string {
	steps = slices.DeleteFunc(steps, func(s step) bool { return same(s.now, s.target) })
	if len(steps) == 0 {
		return m
	}
	after := maps.Clone(m)
	if after == nil {
		after = map[string]string{}
	}
	for _, s := range steps {
		if s.target == nil {
			delete(after, s.key)
		} else {
			after[s.key] = *s.target
		}
	}
	switch {
	case len(after) == 0:
		e.remove(parent)
		return nil
	case m == nil:
		e.add(parent, object(steps))
	default:
		for _, s := range steps {
			move(e, s.place, s.now, s.target)
		}
	}
	return after
}

// object is a map of the keys that steps write, as JSON.
func object(steps []step) []byte {
	text := []byte{'{'}
	for _, s := range steps {
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(appendString(text, s.key), ':')
		text = appendString(text, *s.target)
	}
	return append(text, '}')
}
