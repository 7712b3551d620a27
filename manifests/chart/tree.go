package chart

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// node is a value of YAML of which parts depend on the chart's values.
type node struct {
	// when is the condition on which the node is there at all, in the language of
	// templates; empty for always.
	when string
	// text stands in place of the value, after "key: ".
	text string
	// block stands in place of the whole entry, its key included.
	block func(indent int) string

	// What there is: a map, a list, or else a scalar with its alternatives.
	keys         map[string]*node
	items        []*node
	isList       bool
	scalar       any
	alternatives []alternative
}

// alternative is what a scalar is on a condition.
type alternative struct {
	when  string
	value any
}

func newNode(value any) *node {
	switch value := value.(type) {
	case map[string]any:
		n := &node{keys: map[string]*node{}}
		for key, child := range value {
			n.keys[key] = newNode(child)
		}
		return n
	case []any:
		n := &node{isList: true}
		for _, item := range value {
			n.items = append(n.items, newNode(item))
		}
		return n
	default:
		return &node{scalar: value}
	}
}

// vary adds to the node what makes child of parent, on a condition. The node is of
// parent, or of what parent itself is made from.
func (n *node) vary(when string, parent, child any) error {
	if reflect.DeepEqual(parent, child) {
		return nil
	}
	switch was := parent.(type) {
	case map[string]any:
		if is, same := child.(map[string]any); same && n.keys != nil {
			return n.varyMap(when, was, is)
		}
	case []any:
		if is, same := child.([]any); same && n.isList && len(is) >= len(was) {
			return n.varyList(when, was, is)
		}
	default:
		if n.keys == nil && !n.isList {
			n.alternatives = append(n.alternatives, alternative{when, child})
			return nil
		}
	}
	return fmt.Errorf("%v becomes %v: an overlay may add, or change a scalar", parent, child)
}

func (n *node) varyMap(when string, parent, child map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(parent)) {
		if _, still := child[key]; !still {
			return fmt.Errorf("%s is taken away: an overlay may add, or change a scalar", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(child)) {
		was, known := parent[key]
		if !known {
			added := newNode(child[key])
			added.when = when
			if err := n.add(key, added); err != nil {
				return err
			}
			continue
		}
		if err := n.keys[key].vary(when, was, child[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// add adds what an overlay brings. If another one brings it too, it is there if
// either is, with what each of the two puts into it.
func (n *node) add(key string, added *node) error {
	other := n.keys[key]
	if other == nil {
		n.keys[key] = added
		return nil
	}
	if other.keys == nil || added.keys == nil || other.when == "" {
		return fmt.Errorf("%s is added by two overlays", key)
	}
	for _, brought := range []*node{other, added} {
		for _, child := range brought.keys {
			if child.when == "" {
				child.when = brought.when
			}
		}
	}
	for _, below := range slices.Sorted(maps.Keys(added.keys)) {
		if err := other.add(below, added.keys[below]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	other.when = "or (" + other.when + ") (" + added.when + ")"
	return nil
}

// varyList takes what is added at the end for additions, and the rest item by
// item. What other overlays have added comes after the base's own items, so an
// index below those is the same here.
func (n *node) varyList(when string, parent, child []any) error {
	for i := range parent {
		if reflect.DeepEqual(parent[i], child[i]) {
			continue
		}
		if i >= len(n.items) || n.items[i].when != "" {
			return fmt.Errorf("[%d]: another overlay's item is changed", i)
		}
		if err := n.items[i].vary(when, parent[i], child[i]); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	for _, added := range child[len(parent):] {
		item := newNode(added)
		item.when = when
		n.items = append(n.items, item)
	}
	return nil
}

// at returns the node under keys and indexes, or nil.
func (n *node) at(path ...any) *node {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			n = n.keys[step]
		case int:
			if step >= len(n.items) {
				return nil
			}
			n = n.items[step]
		}
		if n == nil {
			return nil
		}
	}
	return n
}
