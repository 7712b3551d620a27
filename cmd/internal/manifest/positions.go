package manifest

import (
	"slices"
	"strconv"
	"strings"
	"unique"

	yaml "go.yaml.in/yaml/v3"
)

// Positions maps field paths of one object to lines of its file. It is a
// flattened copy of the tree, a few kilobytes where the parsed YAML would be
// tens: ten thousand objects under review are held at once.
type Positions struct {
	entries []position
}

// position is one key of a mapping or one item of a list. The entries below it
// follow it, up to end; its next sibling stands at end.
type position struct {
	key  unique.Handle[string] // item for an item of a list
	line int32
	end  int32
}

// item is the key of what has none. Keys are interned because they are the same
// few hundred words in all manifests.
var item = unique.Make("")

// Positions indexes the object. Keys that stand behind an alias or a merge have
// the line on which they are written.
func (o *Object) Positions() Positions {
	x := indexer{base: o.base, entries: []position{{key: item, line: int32(o.Line)}}}
	x.index(o.node, 0)
	x.entries[0].end = int32(len(x.entries))
	return Positions{entries: slices.Clip(x.entries)}
}

// maxPositions bounds the index where aliases multiply; fields beyond it get
// the line of their nearest indexed parent.
const maxPositions = 1 << 16

// indexer fills a Positions.
type indexer struct {
	base    int
	entries []position
	merges  merger
}

func (x *indexer) index(node *yaml.Node, depth int) {
	node = resolveAlias(node)
	switch {
	case depth > maxObjectDepth:
	case node.Kind == yaml.MappingNode:
		pairs, fault := x.merges.pairs(node, 0)
		if fault != nil {
			return
		}
		for i := 0; i < len(pairs); i += 2 {
			x.add(resolveAlias(pairs[i]).Value, pairs[i].Line, pairs[i+1], depth)
		}
	case node.Kind == yaml.SequenceNode:
		for _, item := range node.Content {
			x.add("", item.Line, item, depth)
		}
	}
}

func (x *indexer) add(key string, line int, value *yaml.Node, depth int) {
	if len(x.entries) >= maxPositions {
		return
	}
	at := len(x.entries)
	x.entries = append(x.entries, position{key: unique.Make(key), line: int32(x.base + line)})
	x.index(value, depth+1)
	x.entries[at].end = int32(len(x.entries))
}

// Line is the line of a field, for example
// spec.template.spec.containers[0].ports[1].hostPort or
// metadata.annotations[inshore.dev/node-local]; of its nearest parent that the
// file has if the field itself is absent; of the object if the path is empty.
func (p Positions) Line(field string) int {
	if len(p.entries) == 0 {
		return 1
	}
	at := 0
	for step, rest := nextStep(field); step != (pathStep{}); step, rest = nextStep(rest) {
		child := p.child(at, step)
		if child < 0 {
			break
		}
		at = child
	}
	return int(p.entries[at].line)
}

func (p Positions) child(at int, step pathStep) int {
	index := 0
	for i := int32(at) + 1; i < p.entries[at].end; i = p.entries[i].end {
		switch key := p.entries[i].key; {
		case key == item && step.index == index+1, key != item && key.Value() == step.name:
			return int(i)
		}
		index++
	}
	return -1
}

// pathStep is one step of a field path: a name or, from 1, an index.
type pathStep struct {
	name  string
	index int
}

// nextStep takes the first step off a field path as field.Path writes it: names
// behind dots, and in brackets an index or a key that may hold dots.
func nextStep(path string) (pathStep, string) {
	path = strings.TrimPrefix(path, ".")
	if bracketed, ok := strings.CutPrefix(path, "["); ok {
		inner, rest, _ := strings.Cut(bracketed, "]")
		step := pathStep{name: strings.Trim(inner, `"`)}
		if n, err := strconv.Atoi(inner); err == nil && n >= 0 && n < maxPositions {
			step.index = n + 1
		}
		return step, rest
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	return pathStep{name: path[:end]}, path[end:]
}
