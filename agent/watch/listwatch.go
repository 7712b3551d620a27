package watch

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// query says which objects a watch is about.
type query struct {
	client    rest.Interface
	resource  string
	namespace string // Empty for all.
	labels    string // A label selector; empty for all.
	fields    string // A field selector; empty for all.
}

// convert is what decisions read of an object; nil if it is not ours.
type convert func(runtime.Object) any

// listWatch is the query as a reflector sees it: every object is converted as it
// comes off the wire, before anything keeps it.
func (q query) listWatch(convert convert) *cache.ListWatch {
	whole := cache.NewFilteredListWatchFromClient(q.client, q.resource, q.namespace, func(options *metav1.ListOptions) {
		options.LabelSelector, options.FieldSelector = q.labels, q.fields
	})
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			page, err := whole.ListWithContext(ctx, options)
			if err != nil {
				return nil, err
			}
			return convertList(page, convert)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			w, err := whole.WatchWithContext(ctx, options)
			if err != nil {
				return nil, err
			}
			return watch.Filter(w, func(event watch.Event) (watch.Event, bool) { return convertEvent(event, convert) }), nil
		},
	}
}

// convertList is the page with those of its objects that are ours.
func convertList(page runtime.Object, convert convert) (runtime.Object, error) {
	pageMeta, err := meta.ListAccessor(page)
	if err != nil {
		return nil, fmt.Errorf("reading a list: %w", err)
	}
	list := &metav1.List{ListMeta: metav1.ListMeta{
		ResourceVersion: pageMeta.GetResourceVersion(),
		Continue:        pageMeta.GetContinue(),
	}}
	err = meta.EachListItem(page, func(object runtime.Object) error {
		i, err := itemOf(object, convert)
		if err == nil && i.object != nil {
			list.Items = append(list.Items, runtime.RawExtension{Object: i})
		}
		return err
	})
	return list, err
}

// convertEvent is the event with the object converted; false if nobody needs it.
func convertEvent(event watch.Event, from convert) (watch.Event, bool) {
	switch event.Type {
	case watch.Deleted, watch.Bookmark:
		from = func(runtime.Object) any { return nil }
	case watch.Error:
		return event, true // A Status, for the reflector to read.
	}
	i, err := itemOf(event.Object, from)
	if err != nil {
		return event, true // The reflector reports what it does not know.
	}
	// Of an object that was never ours nothing is kept. One that is no longer is
	// passed on, to be deleted.
	if i.object == nil && event.Type == watch.Added {
		return event, false
	}
	event.Object = i
	return event, true
}

func itemOf(object runtime.Object, convert convert) (*item, error) {
	m, err := meta.Accessor(object)
	if err != nil {
		return nil, fmt.Errorf("reading metadata: %w", err)
	}
	return &item{
		NamespacedName: types.NamespacedName{Namespace: m.GetNamespace(), Name: m.GetName()},
		version:        m.GetResourceVersion(),
		endsList:       m.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true",
		object:         convert(object),
	}, nil
}
