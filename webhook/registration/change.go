package registration

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// AnnotationFormat says on a configuration by which rules its entries of policies
// were written, as a number. A replica that knows only older ones leaves them
// alone: while an upgrade goes on, replicas of both versions serve.
const AnnotationFormat = v1alpha1.Prefix + "registration-format"

// Format is the number of the rules by which this version writes.
const Format = 1

// newer reports whether entries were written by rules that we do not know. What
// is no number was not written by us, and is.
func newer(annotations map[string]string) bool {
	text, found := annotations[AnnotationFormat]
	if !found {
		return false
	}
	format, err := strconv.Atoi(text)
	return err == nil && format > Format
}

// change is what it takes to make a configuration hold the entries of policies
// that it should: operations of RFC 6902, which touch no base entry. It is empty
// if the configuration means that already.
func change(version string, annotations map[string]string, live, want []hook) ([]byte, error) {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value,omitempty"`
	}
	var operations []operation
	keep := map[string]bool{}
	// From the last to the first: what is removed moves what follows.
	for i := len(live) - 1; i >= 0; i-- {
		if baseName(live[i].Name) == "" {
			continue
		}
		at := slices.IndexFunc(want, func(h hook) bool { return h.Name == live[i].Name })
		if at >= 0 && same(&live[i], &want[at]) {
			keep[live[i].Name] = true
			continue
		}
		operations = append(operations, operation{Op: "remove", Path: "/webhooks/" + strconv.Itoa(i)})
	}
	for i := range want {
		if !keep[want[i].Name] {
			operations = append(operations, operation{Op: "add", Path: "/webhooks/-", Value: &want[i]})
		}
	}
	if len(operations) == 0 {
		return nil, nil
	}
	// The API server refuses the write if the configuration is not that version
	// any more.
	head := []operation{{Op: "replace", Path: "/metadata/resourceVersion", Value: version}}
	const path = "/metadata/annotations/inshore.dev~1registration-format"
	_, found := annotations[AnnotationFormat]
	switch {
	case len(want) == 0 && found:
		head = append(head, operation{Op: "remove", Path: path})
	case len(want) > 0 && len(annotations) == 0:
		head = append(head, operation{Op: "add", Path: "/metadata/annotations", Value: map[string]string{AnnotationFormat: strconv.Itoa(Format)}})
	case len(want) > 0:
		head = append(head, operation{Op: "add", Path: path, Value: strconv.Itoa(Format)})
	}
	text, err := json.Marshal(append(head, operations...))
	if err != nil {
		return nil, fmt.Errorf("writing the patch of a webhook configuration: %w", err)
	}
	return text, nil
}
