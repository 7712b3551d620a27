package v1alpha1

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxErrors bounds what one object can be told at once: an API server takes
// 256 KiB of annotations and a file under review any number, and the answer to
// ten thousand unknown keys should not be ten thousand sentences.
const maxErrors = 20

// Parse reads the annotations of an object of the given kind. It is pure, never
// panics, and allocates nothing when no key starts with [Prefix].
//
// Every error is at metadata.annotations[KEY] and names the value and what is
// allowed. Errors come sorted by key. A value that is wrong leaves its field of
// the Intent zero; callers that act on an Intent do so only without errors.
//
// The Intent is the object's own words over those of the policy that it follows
// by [AnnotationEnforcedBy]; [ParseOwn] is without the latter.
func Parse(kind Kind, annotations map[string]string) (Intent, field.ErrorList) {
	intent, errs := ParseOwn(kind, annotations)
	value := annotations[AnnotationEnforcedBy]
	if value == "" {
		return intent, errs
	}
	followed, err := ParseEnforcedBy(value)
	if err != nil {
		return intent, append(errs, field.Invalid(annotationsPath.Key(AnnotationEnforcedBy), shown(value), fmt.Sprintf(
			"%s; this annotation is the webhook's record of the policy that the object follows: leave it as it was, or remove it",
			cut(err.Error(), 160))))
	}
	return followed.Under(intent), errs
}

// ParseOwn is [Parse] of what the object itself says, whatever policy it follows.
func ParseOwn(kind Kind, annotations map[string]string) (Intent, field.ErrorList) {
	// 16 is more than all keys there are, so that correct annotations stay on
	// the stack.
	var ours [16]string
	keys := ours[:0]
	for key := range annotations {
		if strings.HasPrefix(key, Prefix) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return Intent{}, nil
	}
	slices.Sort(keys)
	return parseOurs(kind, keys, annotations)
}

func parseOurs(kind Kind, keys []string, annotations map[string]string) (Intent, field.ErrorList) {
	var intent Intent
	var errs field.ErrorList
	for _, key := range keys {
		if err := parseOne(kind, key, annotations[key], &intent); err != nil {
			errs = append(errs, err)
		}
	}
	if err := contradiction(intent); err != nil {
		errs = append(errs, err)
		slices.SortStableFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	}
	return intent, atMost(maxErrors, errs)
}

// parseOne reads one annotation into the intent.
func parseOne(kind Kind, key, value string, intent *Intent) *field.Error {
	i := slices.IndexFunc(words, func(w word) bool { return w.key == key })
	if i < 0 {
		return unknownKey(kind, key, value)
	}
	w := words[i]
	if w.on != "" && w.on != kind {
		return wrongKind(kind, w, value)
	}
	if problem := w.read(value, intent); problem != nil {
		return &field.Error{Type: problem.kind, Field: path(key), BadValue: shown(value), Detail: problem.detail}
	}
	return nil
}

// contradiction finds values that are each allowed and cannot both be meant.
// Values without effect, such as a drain on a disabled DaemonSet, are not
// contradictions: opting out for an hour should not mean deleting every line.
func contradiction(intent Intent) *field.Error {
	if intent.NodeLocal == NodeLocalPreferred && intent.NoLocalEndpoint != "" {
		return field.Invalid(annotationsPath.Key(AnnotationNoLocalEndpoint), string(intent.NoLocalEndpoint), fmt.Sprintf(
			"%s: %s already uses another node's pod when there is no local one; remove this annotation, or set %s: %s",
			AnnotationNodeLocal, NodeLocalPreferred, AnnotationNodeLocal, NodeLocalRequired))
	}
	return nil
}

func unknownKey(kind Kind, key, value string) *field.Error {
	detail := "Inshore knows no such key"
	if near := nearest(strings.TrimPrefix(key, Prefix), namesOn(kind)); near != "" {
		detail += fmt.Sprintf("; did you mean %q?", Prefix+near)
	}
	return &field.Error{
		Type:     field.ErrorTypeInvalid,
		Field:    path(key),
		BadValue: shown(value),
		Detail:   detail + "; " + allowedOn(kind),
	}
}

func wrongKind(kind Kind, w word, value string) *field.Error {
	return &field.Error{
		Type:     field.ErrorTypeForbidden,
		Field:    path(w.key),
		BadValue: shown(value),
		Detail: fmt.Sprintf("%q is set here, but %s belongs on a %s, not on a %s; %s",
			shown(value), w.key, w.on, kind, allowedOn(kind)),
	}
}

func atMost(limit int, errs field.ErrorList) field.ErrorList {
	if len(errs) <= limit {
		return errs
	}
	return append(errs[:limit:limit], &field.Error{
		Type:     field.ErrorTypeTooMany,
		Field:    annotationsPath.String(),
		BadValue: int64(len(errs)),
		Detail:   fmt.Sprintf("%d more annotations under %s are wrong", len(errs)-limit, Prefix),
	})
}

var annotationsPath = field.NewPath("metadata", "annotations")

func path(key string) string { return annotationsPath.Key(shown(key)).String() }
