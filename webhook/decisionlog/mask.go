package decisionlog

import (
	"maps"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// mask is the document without annotations that are not ours: people keep all
// sorts of things there, and kubectl the whole object. Related objects have been
// put into the store without them. The document itself is left as it is.
func mask(document *input.Document) *input.Document {
	masked := *document
	masked.Object = maskObject(document.Object)
	if document.OldObject != nil {
		masked.OldObject = maskObject(document.OldObject)
	}
	return &masked
}

func maskObject(object input.Object) input.Object {
	switch object := object.(type) {
	case *input.Service:
		masked := *object
		masked.Metadata.Annotations = ours(object.Metadata.Annotations)
		return &masked
	case *input.DaemonSet:
		masked := *object
		masked.Metadata.Annotations = ours(object.Metadata.Annotations)
		return &masked
	}
	return object
}

func ours(annotations map[string]string) map[string]string {
	kept := maps.Clone(annotations)
	maps.DeleteFunc(kept, func(key, _ string) bool { return !strings.HasPrefix(key, v1alpha1.Prefix) })
	return kept
}
