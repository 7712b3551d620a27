package exceptions

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
)

// held are the policies seen last, and the exceptions made of them.
type held struct {
	mu         sync.Mutex
	policies   map[string]*v1alpha1.NodeLocalPolicy
	exceptions atomic.Pointer[policies.Exceptions]
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

// change changes the policies and then the exceptions.
func (h *held) change(how func(map[string]*v1alpha1.NodeLocalPolicy)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.policies == nil {
		h.policies = map[string]*v1alpha1.NodeLocalPolicy{}
	}
	how(h.policies)
	all := make([]*v1alpha1.NodeLocalPolicy, 0, len(h.policies))
	for _, policy := range h.policies {
		all = append(all, policy)
	}
	h.exceptions.Store(policies.NewExceptions(all))
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
