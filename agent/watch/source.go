package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/agent/routes"
)

// source is one watch and what it writes to the index. Its methods other than
// run are a reflector's store: each is one edit.
type source struct {
	name    string
	query   query
	convert convert
	kind    kind
	edit    func(func(*routes.Index))

	// synced is whether a full list has arrived. It and stopped are written in
	// edits and guarded by the lock of the Watch.
	synced  bool
	stopped bool
}

// kind is how objects of one kind get into an index and out of it.
type kind interface {
	set(x *routes.Index, object any)
	remove(x *routes.Index, name types.NamespacedName)
	// names are what the source has put into the index, or is about to.
	names(x *routes.Index) map[types.NamespacedName]struct{}
	// listed is called when a full list has been set.
	listed(x *routes.Index)
}

// run watches until ctx is done. The reflector lists anew whatever went wrong, so
// that deletions nobody told us of are seen.
func (s *source) run(ctx context.Context, log logr.Logger) {
	ctx = logr.NewContext(ctx, log)
	cache.NewReflectorWithOptions(s.query.listWatch(s.convert), &item{}, s, cache.ReflectorOptions{
		Name: s.name, TypeDescription: s.name, Logger: &log,
		Clock: promptClock{done: ctx.Done()}, Backoff: &backoff,
	}).RunWithContext(ctx)
}

// backoff paces an agent that does not reach the API server. client-go's own
// goes up to a minute between attempts; each is one request, of
// the two or three watches that an agent has.
var backoff = wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 10, Cap: 10 * time.Second}

// promptClock is the clock of a reflector that may end in the middle of its
// backoff.
type promptClock struct {
	clock.RealClock
	done <-chan struct{}
}

// After is like time.After, and fires when the reflector is to end.
func (c promptClock) After(d time.Duration) <-chan time.Time {
	fired := make(chan time.Time, 1)
	go func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-c.done:
		case <-timer.C:
		}
		fired <- time.Now()
	}()
	return fired
}

// Add puts the object into the index.
func (s *source) Add(object any) error {
	i, err := asItem(object)
	if err != nil {
		return err
	}
	s.edit(func(x *routes.Index) {
		if i.object == nil {
			s.kind.remove(x, i.NamespacedName)
		} else {
			s.kind.set(x, i.object)
		}
	})
	return nil
}

// Update is Add: the index replaces.
func (s *source) Update(object any) error { return s.Add(object) }

// Delete takes the object out of the index.
func (s *source) Delete(object any) error {
	i, err := asItem(object)
	if err != nil {
		return err
	}
	s.edit(func(x *routes.Index) { s.kind.remove(x, i.NamespacedName) })
	return nil
}

// Replace makes the index hold objects and nothing else of this source, in one
// edit.
func (s *source) Replace(objects []any, _ string) error {
	items := make([]*item, len(objects))
	for n, object := range objects {
		i, err := asItem(object)
		if err != nil {
			return err
		}
		items[n] = i
	}
	s.edit(func(x *routes.Index) {
		gone := s.kind.names(x)
		for _, i := range items {
			if i.object != nil {
				s.kind.set(x, i.object)
				delete(gone, i.NamespacedName)
			}
		}
		for name := range gone {
			s.kind.remove(x, name)
		}
		s.kind.listed(x)
		s.synced = true
	})
	return nil
}

// Resync does nothing: the index is what was seen last.
func (*source) Resync() error { return nil }

func asItem(object any) (*item, error) {
	i, ok := object.(*item)
	if !ok {
		return nil, fmt.Errorf("got a %T from the watch, which was not converted", object)
	}
	return i, nil
}
