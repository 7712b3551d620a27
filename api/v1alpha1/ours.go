package v1alpha1

import (
	"maps"
	"strings"
)

// Ours are the annotations whose key starts with [Prefix]; nil if there are none.
// They are the map that was given if it holds no others, and a copy if it does.
func Ours(annotations map[string]string) map[string]string {
	count := 0
	for key := range annotations {
		if strings.HasPrefix(key, Prefix) {
			count++
		}
	}
	switch count {
	case 0:
		return nil
	case len(annotations):
		return annotations
	}
	kept := maps.Clone(annotations)
	maps.DeleteFunc(kept, func(key, _ string) bool { return !strings.HasPrefix(key, Prefix) })
	return kept
}

// HasOurs reports whether the key of any annotation starts with [Prefix].
func HasOurs(annotations map[string]string) bool {
	for key := range annotations {
		if strings.HasPrefix(key, Prefix) {
			return true
		}
	}
	return false
}
