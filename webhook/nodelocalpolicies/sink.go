package nodelocalpolicies

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
)

// held are the policies seen last, and what is made of them.
type held struct {
	mu          sync.Mutex
	policies    map[string]*v1alpha1.NodeLocalPolicy
	exceptions  atomic.Pointer[policies.Exceptions]
	enforcement atomic.Pointer[enforcement.Set]
	// signature is that of the policies that these are made of.
	signature string
	// changed is called after they were made anew; nil for nobody.
	changed func()
}

// put makes these the policies.
func (h *held) put(all map[string]*v1alpha1.NodeLocalPolicy) {
	h.change(func(m map[string]*v1alpha1.NodeLocalPolicy) {
		clear(m)
		for name, policy := range all {
			m[name] = policy
		}
	})
}

// all are the policies as they were seen last, their status too, by name.
func (h *held) all() []*v1alpha1.NodeLocalPolicy {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sorted()
}

func (h *held) sorted() []*v1alpha1.NodeLocalPolicy {
	return slices.SortedFunc(maps.Values(h.policies), func(a, b *v1alpha1.NodeLocalPolicy) int {
		return strings.Compare(a.Name, b.Name)
	})
}

// change changes the policies and then what is made of them.
func (h *held) change(how func(map[string]*v1alpha1.NodeLocalPolicy)) {
	if h.update(how) && h.changed != nil {
		h.changed()
	}
}

func (h *held) update(how func(map[string]*v1alpha1.NodeLocalPolicy)) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.policies == nil {
		h.policies = map[string]*v1alpha1.NodeLocalPolicy{}
	}
	how(h.policies)
	key := signature(h.policies)
	if h.exceptions.Load() != nil && key == h.signature {
		return false
	}
	h.signature = key
	all := h.sorted()
	h.exceptions.Store(policies.NewExceptions(all))
	h.enforcement.Store(enforcement.New(all))
	return true
}

// signature tells whether any spec changed: the generation is counted up when one
// does. Whoever sees another value judges the whole cluster again, which a status
// that was written is no reason for.
func signature(all map[string]*v1alpha1.NodeLocalPolicy) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&text, "%s %s %d\n", name, all[name].UID, all[name].Generation)
	}
	return text.String()
}

// sink is where the reflector puts what it sees.
type sink struct{ *Watch }

func (s *sink) Add(object any) error {
	policy, ok := object.(*v1alpha1.NodeLocalPolicy)
	if !ok {
		return fmt.Errorf("got a %T from the watch, not a NodeLocalPolicy", object)
	}
	s.held.change(func(m map[string]*v1alpha1.NodeLocalPolicy) { m[policy.Name] = policy })
	return nil
}

// Update is Add: the last state counts.
func (s *sink) Update(object any) error { return s.Add(object) }

func (s *sink) Delete(object any) error {
	policy, ok := object.(*v1alpha1.NodeLocalPolicy)
	if !ok {
		return fmt.Errorf("got a %T from the watch, not a NodeLocalPolicy", object)
	}
	s.held.change(func(m map[string]*v1alpha1.NodeLocalPolicy) { delete(m, policy.Name) })
	return nil
}

func (s *sink) Replace(objects []any, _ string) error {
	all := make(map[string]*v1alpha1.NodeLocalPolicy, len(objects))
	for _, object := range objects {
		policy, ok := object.(*v1alpha1.NodeLocalPolicy)
		if !ok {
			return fmt.Errorf("got a %T from the list, not a NodeLocalPolicy", object)
		}
		all[policy.Name] = policy
	}
	s.held.put(all)
	s.absent = false
	s.seen.Store(true)
	return nil
}

// Resync does nothing: what is held is what was seen last.
func (*sink) Resync() error { return nil }
