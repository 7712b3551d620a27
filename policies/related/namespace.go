package related

import (
	"maps"
	"sync"

	"github.com/inshore-dev/inshore/policies/input"
)

// namespaceLabels holds the labels of namespaces. It is safe for concurrent use.
type namespaceLabels struct {
	mu     sync.RWMutex
	byName map[string]map[string]string
}

// PutNamespace adds or replaces a namespace. It reports whether the store now
// says something else.
func (s *Store) PutNamespace(object *input.Namespace) (changed bool) {
	l := &s.labels
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byName == nil {
		l.byName = map[string]map[string]string{}
	}
	old, known := l.byName[object.Name]
	l.byName[object.Name] = object.Labels
	return !known || !maps.Equal(old, object.Labels)
}

// DeleteNamespace removes a namespace; one that is not there is no error. What
// is in it is not touched.
func (s *Store) DeleteNamespace(name string) {
	l := &s.labels
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byName, name)
}

func (l *namespaceLabels) each(visit func(namespace, name string)) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for name := range l.byName {
		visit("", name)
	}
}

// Namespace is a namespace as a document has it; without labels if it is not in
// the store.
func (s *Store) Namespace(name string) input.Namespace {
	l := &s.labels
	l.mu.RLock()
	defer l.mu.RUnlock()
	return input.Namespace{Name: name, Labels: l.byName[name]}
}
