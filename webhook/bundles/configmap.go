package bundles

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/reload"
)

// Label marks the ConfigMaps of our namespace that hold rules, with the value
// "true". Every key that ends in .rego is a file; the key .manifest is what it
// is in an OPA bundle.
const Label = "inshore.dev/policy"

// Selector selects what is marked with [Label], so that nothing else of the
// namespace is listed, watched or kept.
func Selector() labels.Selector { return labels.SelectorFromSet(labels.Set{Label: "true"}) }

// configMaps is a source for each ConfigMap.
type configMaps struct {
	informers cache.Informers
	// changed holds at most one element: there is something in changes.
	changed chan struct{}

	mu      sync.Mutex
	changes map[string]reload.Change
}

func newConfigMaps(informers cache.Informers) *configMaps {
	return &configMaps{informers: informers, changed: make(chan struct{}, 1), changes: map[string]reload.Change{}}
}

// run applies what becomes of the ConfigMaps, until ctx is done. Those that
// exist at first are one change: they may need each other. ready is called once
// they have been applied.
func (c *configMaps) run(ctx context.Context, holder *reload.Holder, ready func()) error {
	informer, err := c.informers.GetInformer(ctx, &corev1.ConfigMap{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching ConfigMaps: %w", err)
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    c.put,
		UpdateFunc: func(_, next any) { c.put(next) },
		DeleteFunc: c.remove,
	})
	if err != nil {
		return fmt.Errorf("watching ConfigMaps: %w", err)
	}
	if !toolscache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return nil // ctx is done
	}
	holder.Apply(ctx, c.take()...)
	ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.changed:
			if changes := c.take(); len(changes) > 0 {
				holder.Apply(ctx, changes...)
			}
		}
	}
}

func (c *configMaps) put(object any) {
	configMap, ok := object.(*corev1.ConfigMap)
	if !ok {
		return
	}
	change := reload.Change{Source: sourceName(configMap)}
	change.Bundle, change.Err = bundle.New(configMap.Data)
	c.note(change)
}

func (c *configMaps) remove(object any) {
	if gone, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	if configMap, ok := object.(*corev1.ConfigMap); ok {
		c.note(reload.Change{Source: sourceName(configMap), Removed: true})
	}
}

// note keeps the last change of each source.
func (c *configMaps) note(change reload.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes[change.Source] = change
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// take returns the changes since the last time, by source.
func (c *configMaps) take() []reload.Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	var changes []reload.Change
	for _, change := range c.changes {
		changes = append(changes, change)
	}
	c.changes = map[string]reload.Change{}
	slices.SortFunc(changes, func(a, b reload.Change) int { return cmp.Compare(a.Source, b.Source) })
	return changes
}

func sourceName(configMap *corev1.ConfigMap) string { return "configmap/" + configMap.Name }
