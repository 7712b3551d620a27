package mirror

import (
	"maps"
	"slices"
	"strings"
)

// compactor makes small what the store does not pack: the labels and taints of
// nodes, the labels of namespaces. Of texts and whole maps that are said over and
// over, every copy is replaced by the first one.
//
// The tables are bounded: one that is full is emptied, and what is common fills
// it again. It is not safe for concurrent use.
type compactor struct {
	texts  map[string]string
	labels map[string]map[string]string
}

// tableSize bounds each table: enough for what is common in a cluster, and at
// most a few hundred kilobytes.
const tableSize = 4096

func newCompactor() *compactor {
	return &compactor{texts: map[string]string{}, labels: map[string]map[string]string{}}
}

// shared is what table has for key, or value, which it then has.
func shared[K comparable, V any](table map[K]V, key K, value V) V {
	if known, ok := table[key]; ok {
		return known
	}
	if len(table) >= tableSize {
		clear(table)
	}
	table[key] = value
	return value
}

func (c *compactor) text(s *string) { *s = shared(c.texts, *s, *s) }

// set is a map that is equal to *m and shared with all its equals.
func (c *compactor) set(m *map[string]string) {
	if len(*m) == 0 {
		*m = nil
		return
	}
	var key strings.Builder
	for _, k := range slices.Sorted(maps.Keys(*m)) {
		key.WriteString(k)
		key.WriteByte(0)
		key.WriteString((*m)[k])
		key.WriteByte(1)
	}
	if known, ok := c.labels[key.String()]; ok && maps.Equal(known, *m) {
		*m = known
		return
	}
	compact := make(map[string]string, len(*m))
	for k, v := range *m {
		compact[shared(c.texts, k, k)] = shared(c.texts, v, v)
	}
	if len(c.labels) >= tableSize {
		clear(c.labels)
	}
	c.labels[key.String()] = compact
	*m = compact
}
