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
	// stands behind the one before, with a bit that tells whether any position is
	// below it, and how many are.
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
	x := indexer{base: o.base, entries: append(o.reader.positions[:0], position{key: item, line: o.Line})}
	x.index(o.node, 0)
	x.entries[0].end = len(x.entries)
	o.reader.positions = x.entries
	return pack(x.entries)
}

func pack(entries []position) Positions {
	packed := make([]byte, 0, 4*len(entries))
	line := 0
	for i, entry := range entries {
		packed = binary.AppendUvarint(packed, uint64(entry.key))
		delta, below := int64(entry.line-line), uint64(entry.end-i-1)
		// As binary.AppendVarint: small numbers of either sign are short.
		place := uint64(delta<<1) ^ uint64(delta>>63)
		if line = entry.line; below == 0 {
			packed = binary.AppendUvarint(packed, place<<1)
			continue
		}
		packed = binary.AppendUvarint(packed, place<<1|1)
		packed = binary.AppendUvarint(packed, below)
	}
	return Positions{packed: string(packed)}
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
	if p.packed == "" {
		return 1
	}
	c := cursor{rest: p.packed}
	line, below := c.next().place()
	for step, rest := nextStep(field); step != (pathStep{}); step, rest = nextStep(rest) {
		found, ok := c.child(below, step)
		if !ok {
			break
		}
		line, below = found.place()
	}
	return line
}

// cursor reads positions one after the other.
type cursor struct {
	rest string
	line int
}

// entry is a position as it is packed: how many are below it in place of an end.
type entry struct{ key, line, below int }

func (e entry) place() (line, below int) { return e.line, e.below }

func (c *cursor) next() entry {
	key, place := c.unsigned(), c.unsigned()
	delta := place >> 1
	c.line += int(delta>>1) ^ -int(delta&1)
	below := 0
	if place&1 == 1 {
		below = int(c.unsigned())
	}
	return entry{key: int(key), line: c.line, below: below}
}

func (c *cursor) unsigned() uint64 {
	var n uint64
	for shift := 0; ; shift += 7 {
		b := c.rest[0]
		c.rest = c.rest[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
}

// child is where a step leads among the next positions, of which there are as
// many as below says.
func (c *cursor) child(below int, step pathStep) (entry, bool) {
	wanted, known := keys.known(step.name)
	for index := 0; below > 0; index++ {
		e := c.next()
		if e.key == item && step.index == index+1 || e.key != item && known && e.key == wanted {
			return e, true
		}
		for range e.below {
			c.next()
		}
		below -= 1 + e.below
	}
	return entry{}, false
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
