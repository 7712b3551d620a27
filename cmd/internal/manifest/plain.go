package manifest

import (
	"strings"
	"unsafe"

	yaml "go.yaml.in/yaml/v3"
)

// plainReader reads the YAML that manifests are written in: block mappings and lists
// of scalars on one line, literal blocks, and flow collections on one line, in
// ASCII. It makes the nodes that the YAML library makes, without the comments,
// in a tenth of the time, which is most of the time that a review takes.
//
// It decides nothing: whatever is not that plain (anchors, tags, escapes,
// scalars over several lines, anything malformed) is left to the library, which
// also words what is wrong. That the two agree on what it takes is held by
// FuzzPlainIsYAML.
type plainReader struct {
	text string

	// The line that is read: from start to end (its line break), with its first
	// character that has not been read at at.
	start, at, end int
	// line counts from 1. indent is the column of at, from 0, and -1 behind the
	// last line.
	line, indent int
	// next is where the next line starts.
	next  int
	depth int

	// nodes are those of slab that are free, children those of places: a slice
	// of it is the content of a collection.
	slab, nodes      []yaml.Node
	places, children []*yaml.Node
	// stack holds the content of the collections that are being read.
	stack []*yaml.Node
}

// maxPlainDepth is far beyond what a manifest nests and far below what a stack
// holds.
const maxPlainDepth = 64

// parse is the document in text, nil if it is not plain. Text holds one document
// at most.
func (p *plainReader) parse(text []byte) *yaml.Node {
	if !isPlain(text) {
		return nil
	}
	*p = plainReader{
		text: string(text), slab: p.slab, nodes: p.nodes,
		places: p.places, children: p.children, stack: p.stack[:0],
	}
	p.advance()
	document := p.node(yaml.DocumentNode, "", p.at)
	if p.indent == 0 && strings.HasPrefix(p.text[p.at:p.end], "---") {
		if strings.TrimRight(p.text[p.at:p.end], " ") != "---" {
			return nil
		}
		p.advance()
	}
	if p.indent < 0 {
		return nil // an empty document
	}
	root := p.block()
	if root == nil || p.indent >= 0 {
		return nil
	}
	p.stack = append(p.stack, root)
	return p.close(document, 0)
}

// recycle frees the nodes of all documents so far.
func (p *plainReader) recycle() {
	if len(p.slab)*int(unsafe.Sizeof(yaml.Node{})) > maxKept {
		*p = plainReader{}
		return
	}
	clear(p.slab[:len(p.slab)-len(p.nodes)])
	p.nodes, p.children = p.slab, p.places
}

// isPlain reports whether text has no character that needs a second look.
func isPlain(text []byte) bool {
	for _, c := range text {
		if (c < ' ' && c != '\n') || c > '~' {
			return false
		}
	}
	return len(text) > 0 && text[len(text)-1] == '\n'
}

// advance goes to the next line that holds more than a comment.
func (p *plainReader) advance() {
	for p.next < len(p.text) {
		p.start, p.at = p.next, p.next
		p.end = p.start + strings.IndexByte(p.text[p.start:], '\n')
		p.next = p.end + 1
		p.line++
		for p.text[p.at] == ' ' {
			p.at++
		}
		if !p.nothingAt(p.at) {
			p.indent = p.at - p.start
			return
		}
	}
	p.start, p.at, p.end, p.indent = len(p.text), len(p.text), len(p.text), -1
}

// nothingAt reports whether the line holds only a comment, or nothing, from an
// offset that is no blank and stands behind one.
func (p *plainReader) nothingAt(at int) bool { return at >= p.end || p.text[at] == '#' }

// blankAt reports whether a blank or the end of the line stands at an offset.
func (p *plainReader) blankAt(at int) bool { return at >= p.end || p.text[at] == ' ' }

func (p *plainReader) skipBlanks(at int) int {
	for at < p.end && p.text[at] == ' ' {
		at++
	}
	return at
}

// dash reports whether a list's item begins here.
func (p *plainReader) dash() bool { return p.text[p.at] == '-' && p.blankAt(p.at+1) }

// node is a new node at an offset of the line.
func (p *plainReader) node(kind yaml.Kind, tag string, at int) *yaml.Node {
	if len(p.nodes) == 0 {
		// About one node in twelve characters; what is too few is made up for.
		p.slab = make([]yaml.Node, max(2*len(p.slab), 64, (len(p.text)-at)/12))
		p.nodes = p.slab
	}
	node := &p.nodes[0]
	p.nodes = p.nodes[1:]
	node.Kind, node.Tag, node.Line, node.Column = kind, tag, p.line, at-p.start+1
	return node
}

func (p *plainReader) scalar(value string, style yaml.Style, at int) *yaml.Node {
	tag := "!!str"
	if style == 0 {
		tag = plainTag(value)
	}
	node := p.node(yaml.ScalarNode, tag, at)
	node.Value, node.Style = value, style
	return node
}

// close gives a collection what is on the stack from base.
func (p *plainReader) close(node *yaml.Node, base int) *yaml.Node {
	count := len(p.stack) - base
	if count == 0 {
		return node
	}
	if len(p.children) < count {
		p.places = make([]*yaml.Node, max(2*len(p.places), 64, count))
		p.children = p.places
	}
	node.Content = p.children[:count:count]
	p.children = p.children[count:]
	copy(node.Content, p.stack[base:])
	p.stack = p.stack[:base]
	return node
}

// block is the mapping or list that begins here.
func (p *plainReader) block() *yaml.Node {
	if p.depth >= maxPlainDepth {
		return nil
	}
	p.depth++
	defer func() { p.depth-- }()
	if p.dash() {
		return p.list()
	}
	return p.mapping()
}

func (p *plainReader) mapping() *yaml.Node {
	indent, base := p.indent, len(p.stack)
	node := p.node(yaml.MappingNode, "!!map", p.at)
	for p.indent == indent && !p.dash() {
		key := p.key()
		if key == nil {
			return nil
		}
		p.stack = append(p.stack, key)
		value := p.value(indent)
		if value == nil {
			return nil
		}
		p.stack = append(p.stack, value)
	}
	if p.indent >= indent {
		return nil
	}
	return p.close(node, base)
}

func (p *plainReader) list() *yaml.Node {
	indent, base := p.indent, len(p.stack)
	node := p.node(yaml.SequenceNode, "!!seq", p.at)
	for p.indent == indent && p.dash() {
		p.at++
		item := p.item(indent)
		if item == nil {
			return nil
		}
		p.stack = append(p.stack, item)
	}
	if p.indent > indent {
		return nil
	}
	return p.close(node, base)
}

// item is what stands behind a dash.
func (p *plainReader) item(indent int) *yaml.Node {
	at := p.skipBlanks(p.at)
	if p.nothingAt(at) {
		null := p.scalar("", 0, p.at)
		if p.advance(); p.indent > indent {
			return p.block()
		}
		return null
	}
	p.at = at
	if p.dash() || p.keyEnd(at) > 0 {
		p.indent = at - p.start
		return p.block()
	}
	return p.inline(indent)
}

// value is what stands behind a key's colon.
func (p *plainReader) value(indent int) *yaml.Node {
	at := p.skipBlanks(p.at)
	if !p.nothingAt(at) {
		p.at = at
		return p.inline(indent)
	}
	null := p.scalar("", 0, p.at)
	switch p.advance(); {
	case p.indent > indent, p.indent == indent && p.dash():
		return p.block()
	}
	return null
}

// inline is a value that begins on the line, behind a key or a dash of the
// given indentation. A next line that is indented deeper would belong to it:
// that is for the caller to refuse.
func (p *plainReader) inline(indent int) *yaml.Node {
	var node *yaml.Node
	end := 0
	switch p.text[p.at] {
	case '|':
		return p.literal(indent)
	case '[', '{':
		node, end = p.flow(p.at)
	case '"', '\'':
		node, end = p.quoted(p.at)
	default:
		node, end = p.word()
	}
	if node == nil {
		return nil
	}
	if rest := p.skipBlanks(end); rest == end && rest < p.end || !p.nothingAt(rest) {
		return nil
	}
	p.advance()
	return node
}
