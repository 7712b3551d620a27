package mirror

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

// projected is an object on its way from the API server into the store. The
// metadata is what a reflector needs: name, resourceVersion and, on bookmarks,
// an annotation.
type projected struct {
	metav1.PartialObjectMetadata
	object any
}

// DeepCopyObject is required of a runtime.Object. The projection is shared: it
// never changes.
func (p *projected) DeepCopyObject() runtime.Object {
	return &projected{PartialObjectMetadata: *p.PartialObjectMetadata.DeepCopy(), object: p.object}
}

// source lists and watches one kind.
type source[T runtime.Object] struct {
	list    func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch   func(context.Context, metav1.ListOptions) (watch.Interface, error)
	project func(T) any
}

// listWatch is the source as reflectors see it: every page and every event is
// projected before anything keeps it.
func (s source[T]) listWatch() *cache.ListWatch {
	return &cache.ListWatch{ListWithContextFunc: s.projectedList, WatchFuncWithContext: s.projectedWatch}
}

func (s source[T]) projectedList(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	page, err := s.list(ctx, options)
	if err != nil {
		return nil, err
	}
	pageMeta, err := meta.ListAccessor(page)
	if err != nil {
		return nil, fmt.Errorf("reading a list: %w", err)
	}
	list := &metav1.List{ListMeta: metav1.ListMeta{
		ResourceVersion: pageMeta.GetResourceVersion(),
		Continue:        pageMeta.GetContinue(),
	}}
	err = meta.EachListItem(page, func(item runtime.Object) error {
		p, err := s.projected(item)
		list.Items = append(list.Items, runtime.RawExtension{Object: p})
		return err
	})
	return list, err
}

func (s source[T]) projectedWatch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	w, err := s.watch(ctx, options)
	if err != nil {
		return nil, err
	}
	return watch.Filter(w, func(event watch.Event) (watch.Event, bool) {
		// An error event carries a Status and is the reflector's to read.
		if p, err := s.projected(event.Object); err == nil {
			event.Object = p
		}
		return event, true
	}), nil
}

// projected is item's projection with the metadata a reflector needs.
func (s source[T]) projected(item runtime.Object) (runtime.Object, error) {
	object, ok := item.(T)
	if !ok {
		return nil, fmt.Errorf("got a %T in place of a %T", item, object)
	}
	full, err := meta.Accessor(object)
	if err != nil {
		return nil, fmt.Errorf("reading metadata: %w", err)
	}
	p := &projected{object: packed(s.project(object))}
	p.Name, p.Namespace, p.ResourceVersion = full.GetName(), full.GetNamespace(), full.GetResourceVersion()
	// The last event of the initial list is a bookmark with this annotation.
	if end, ok := full.GetAnnotations()[metav1.InitialEventsAnnotationKey]; ok {
		p.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: end}
	}
	return p, nil
}

// packed is a projection as the store keeps it, if it keeps it packed. A reflector
// holds a whole list before it passes it on.
func packed(projection any) any {
	switch o := projection.(type) {
	case *input.Service:
		return related.PackService(o)
	case *input.DaemonSet:
		return related.PackDaemonSet(o)
	case *input.Workload:
		return related.PackWorkload(o)
	}
	return projection
}
