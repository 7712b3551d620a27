package manifest

import (
	"encoding/binary"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// Positions maps field paths of one object to lines of its file. It is a copy of
// the tree in about three bytes a field: those of ten thousand objects under
// review are held at once.
type Positions struct {
	// packed holds, for each position, its key as keys number it, how many lines it
	// stands behind the one before, and how many positions are below it.
	packed string
}

// position is one key of a mapping or one item of a list. The entries below it
// follow it, up to end; its next sibling stands at end.
type position struct {
	key  int // item for an item of a list
	line int
	end  int
}

// item is the key of what has none.
const item = 0

// Positions indexes the object. Keys that stand behind an alias or a merge have
// the line on which they are written.
func (o *Object) Positions() Positions {
	x := indexer{base: o.base, entries: []position{{key: item, line: o.Line}}}
	x.index(o.node, 0)
	x.entries[0].end = len(x.entries)
	return pack(x.entries)
}

func pack(entries []position) Positions {
	packed := make([]byte, 0, 4*len(entries))
	line := 0
	for i, entry := range entries {
		packed = binary.AppendUvarint(packed, uint64(entry.key))
		packed = binary.AppendVarint(packed, int64(entry.line-line))
		packed = binary.AppendUvarint(packed, uint64(entry.end-i-1))
		line = entry.line
	}
	return Positions{packed: string(packed)}
}

func (p Positions) entries() []position {
	rest := []byte(p.packed)
	entries := make([]position, 0, len(rest)/3)
	line := 0
	for len(rest) > 0 {
		key, n := binary.Uvarint(rest)
		delta, m := binary.Varint(rest[n:])
		below, l := binary.Uvarint(rest[n+m:])
		rest, line = rest[n+m+l:], line+int(delta)
		entries = append(entries, position{int(key), line, len(entries) + 1 + int(below)})
	}
	return entries
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
			x.add(keys.number(resolveAlias(pairs[i]).Value), pairs[i].Line, pairs[i+1], depth)
		}
	case node.Kind == yaml.SequenceNode:
		for _, entry := range node.Content {
			x.add(item, entry.Line, entry, depth)
		}
	}
}

func (x *indexer) add(key, line int, value *yaml.Node, depth int) {
	if len(x.entries) >= maxPositions {
		return
	}
	at := len(x.entries)
	x.entries = append(x.entries, position{key: key, line: x.base + line})
	x.index(value, depth+1)
	x.entries[at].end = len(x.entries)
}

// Line is the line of a field, for example
// spec.template.spec.containers[0].ports[1].hostPort or
// metadata.annotations[inshore.dev/node-local]; of its nearest parent that the
// file has if the field itself is absent; of the object if the path is empty.
func (p Positions) Line(field string) int {
	entries := p.entries()
	if len(entries) == 0 {
		return 1
	}
	at := 0
	for step, rest := nextStep(field); step != (pathStep{}); step, rest = nextStep(rest) {
		below := childEntry(entries, at, step)
		if below < 0 {
			break
		}
		at = below
	}
	return entries[at].line
}

// childEntry is the place of the entry that a step leads to, -1 if there is none.
func childEntry(entries []position, at int, step pathStep) int {
	wanted, known := keys.known(step.name)
	index := 0
	for i := at + 1; i < entries[at].end; i = entries[i].end {
		switch key := entries[i].key; {
		case key == item && step.index == index+1, key != item && known && key == wanted:
			return i
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
