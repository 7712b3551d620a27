package ebpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/inshore-dev/inshore/agent/routes"
)

// chunk is how many elements one system call writes or reads: enough to make its
// cost disappear, few enough to take no memory to speak of (2 MiB for IPv6).
const chunk = 4096

// table is the decisions of one family: K is a frontend, V a decision.
type table[K comparable, V any] struct {
	decisions *ebpf.Map
	encode    func(routes.Frontend) K
	decide    func(*K, *routes.Route) V
	// placed is what is in the map.
	placed map[K]struct{}
}

// load finds out what a predecessor left in the map.
func (t *table[K, V]) load() error {
	t.placed = map[K]struct{}{}
	return each(t.decisions, func(key *K, _ *V) { t.placed[*key] = struct{}{} })
}

// has reports whether a frontend is in the map.
func (t *table[K, V]) has(frontend routes.Frontend) bool {
	_, has := t.placed[t.encode(frontend)]
	return has
}

// put writes one decision.
func (t *table[K, V]) put(frontend routes.Frontend, route *routes.Route) error {
	key := t.encode(frontend)
	value := t.decide(&key, route)
	if err := t.decisions.Put(&key, &value); err != nil {
		return fmt.Errorf("writing the decision about %v: %w", frontend, err)
	}
	t.placed[key] = struct{}{}
	return nil
}

// putAll writes many decisions.
func (t *table[K, V]) putAll(frontends []routes.Frontend, route func(routes.Frontend) *routes.Route) error {
	keys, values := make([]K, 0, chunk), make([]V, 0, chunk)
	for i, frontend := range frontends {
		key := t.encode(frontend)
		keys, values = append(keys, key), append(values, t.decide(&key, route(frontend)))
		if len(keys) < chunk && i < len(frontends)-1 {
			continue
		}
		if _, err := t.decisions.BatchUpdate(keys, values, nil); err != nil {
			return fmt.Errorf("writing %d decisions: %w", len(keys), err)
		}
		for _, key := range keys {
			t.placed[key] = struct{}{}
		}
		keys, values = keys[:0], values[:0]
	}
	return nil
}

// remove takes a frontend out; it may be gone already.
func (t *table[K, V]) remove(frontend routes.Frontend) error {
	key := t.encode(frontend)
	delete(t.placed, key)
	return removeKeys(t.decisions, []K{key})
}

// keep takes everything out but what is wanted.
func (t *table[K, V]) keep(wanted []routes.Frontend) error {
	keys := make(map[K]struct{}, len(wanted))
	for _, frontend := range wanted {
		keys[t.encode(frontend)] = struct{}{}
	}
	var gone []K
	for key := range t.placed {
		if _, keep := keys[key]; !keep {
			gone = append(gone, key)
			delete(t.placed, key)
		}
	}
	return removeKeys(t.decisions, gone)
}

// each visits the elements of a hash. Elements that are changed meanwhile may be
// visited twice or not at all.
func each[K, V any](m *ebpf.Map, visit func(*K, *V)) error {
	keys, values := make([]K, chunk), make([]V, chunk)
	return eachBatch(m, keys, values, func(i int) { visit(&keys[i], &values[i]) })
}

// eachBatch reads a hash into keys and values, as many as fit at a time, and visits
// each place that is filled.
func eachBatch[K, V any](m *ebpf.Map, keys []K, values []V, visit func(int)) error {
	var cursor ebpf.MapBatchCursor
	for {
		n, err := m.BatchLookup(&cursor, keys, values, nil)
		if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("reading the map %s: %w", m, err)
		}
		for i := range n {
			visit(i)
		}
		if err != nil {
			return nil
		}
	}
}
