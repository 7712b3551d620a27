package input

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Keys are the keys of ours in a map of annotations, each with an empty value.
// Others are not kept, nor is any value: a pod template's annotations hold
// whole configurations, and now and then a secret.
type Keys map[string]string

// KeysOf are the keys of ours; nil if there are none.
func KeysOf(annotations map[string]string) Keys {
	var keys Keys
	for key := range annotations {
		if !strings.HasPrefix(key, v1alpha1.Prefix) {
			continue
		}
		if keys == nil {
			keys = Keys{}
		}
		keys[key] = ""
	}
	return keys
}

// UnmarshalJSON reads a map of annotations.
func (k *Keys) UnmarshalJSON(source []byte) error {
	*k = nil
	// Nearly every template has annotations and hardly one has ours.
	if !bytes.Contains(source, []byte(v1alpha1.Prefix)) {
		return nil
	}
	var annotations map[string]string
	if err := json.Unmarshal(source, &annotations); err != nil {
		return err
	}
	*k = KeysOf(annotations)
	return nil
}
