package excerpt

import "unicode/utf8"

// MaxNote is the most that an API server takes as the note of an event, in bytes
// (k8s.io/kubernetes, pkg/apis/core/validation/events.go).
const MaxNote = 1024

const ellipsis = "…"

// Of is a text, or its beginning and an ellipsis where it has more than limit
// bytes: limit bytes at the most, and no part of a character. A limit must leave
// room for the ellipsis, which is three bytes.
func Of(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := limit - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + ellipsis
}
