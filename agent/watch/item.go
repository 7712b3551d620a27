package watch

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// item is an object on its way from the API server to the index: what decisions
// read of it, and what a reflector needs. A reflector holds all of a list at
// once, so it is small.
type item struct {
	types.NamespacedName
	version string
	// endsList is set on the bookmark that ends an initial list (KEP-3157).
	endsList bool
	// object is a *routes.Service, *routes.Pod or *routes.Slice; nil if the object
	// is not ours, or gone.
	object any
}

// GetObjectMeta is the metadata that a reflector looks for.
func (i *item) GetObjectMeta() metav1.Object {
	m := &metav1.ObjectMeta{Namespace: i.Namespace, Name: i.Name, ResourceVersion: i.version}
	if i.endsList {
		m.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	}
	return m
}

// GetObjectKind is required of a runtime.Object.
func (*item) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject is required of a runtime.Object. The object is shared: until the
// index owns it, nobody changes it.
func (i *item) DeepCopyObject() runtime.Object {
	c := *i
	return &c
}
