package rewrite

import (
	"bytes"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// written last in their mappings, by custom: the fields in front of which a new
// one goes. One that is not listed goes to the end.
var writtenLast = map[string][]string{
	"internalTrafficPolicy":         {"selector", "ports"},
	"externalTrafficPolicy":         {"selector", "ports"},
	"trafficDistribution":           {"selector", "ports"},
	"updateStrategy":                {"template"},
	"type":                          {"rollingUpdate"},
	"maxSurge":                      {"maxUnavailable"},
	"terminationGracePeriodSeconds": {"initContainers", "containers", "volumes"},
	"readinessGates":                {"initContainers", "containers", "volumes"},
}

// intoBlock adds a key on a line of its own.
func (p *planner) intoBlock(mapping *node, key string, value *node) *obstacle {
	if len(mapping.Content) == 0 {
		return obstacleAt(mapping, "the mapping is empty")
	}
	first := mapping.Content[0]
	at, behind := 0, p.predecessor(mapping, key)
	switch {
	case behind < 0 && strings.TrimSpace(p.prefix(p.offset(first))) == "":
		at = p.above(p.offset(first))
	default:
		behind = max(0, behind)
		if at = p.behind(mapping, behind); p.endsInBlockScalar(mapping.Content[behind+1], at) {
			at = p.above(p.offset(mapping.Content[behind]))
		}
	}
	style := p.blockStyle(mapping)
	p.addLines(at, style.field(strings.Repeat(" ", first.Column-1), key, value))
	return nil
}

// endsInBlockScalar reports whether the text ends, without a line break, in a
// literal or folded scalar of a value. A line behind it would give the scalar
// the break that it lacks.
func (p *planner) endsInBlockScalar(value *node, at int) bool {
	return at == p.end && trailingBreak(p.data[p.start:at]) == "" &&
		p.lastNode(value).Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

// predecessor is the index of the key behind which a new one goes, -1 if it
// goes in front of all.
func (p *planner) predecessor(mapping *node, key string) int {
	for i := 0; i < len(mapping.Content); i += 2 {
		if slices.Contains(writtenLast[key], mapping.Content[i].Value) {
			return i - 2
		}
	}
	return len(mapping.Content) - 2
}

// addLines inserts lines, which end without a break, at the start of a line or
// at the end of a text that lacks its last break: it goes on lacking it.
func (p *planner) addLines(at int, lines []string) {
	newline := p.newline(at - 1)
	added := strings.Join(lines, newline)
	if trailingBreak(p.data[p.start:at]) == "" {
		p.edit(at, at, newline+added)
	} else {
		p.edit(at, at, added+newline)
	}
}

// above is the start of the line of an offset, or of the comment on top of it.
func (p *planner) above(offset int) int {
	line := p.line(offset)
	for line > 0 {
		above := bytes.TrimSpace(p.data[p.lines[line-1]:p.lines[line]])
		if len(above) == 0 || above[0] != '#' {
			break
		}
		line--
	}
	return p.lines[line]
}

// behind is the end of the last line of a mapping's entry, or of a list's item.
func (p *planner) behind(collection *node, index int) int {
	entry := collection.Content[index : index+1]
	if collection.Kind == yaml.MappingNode {
		entry = collection.Content[index : index+2]
	}
	last := p.lastNode(entry[len(entry)-1])
	floor := p.floor(last, p.offset(collection.Content[0]))
	end := p.limit(p.offset(last), floor)
	line := p.line(max(p.start, end-1))
	for p.lines[line] >= floor && void(p.data[p.lines[line]:p.lineEnd(p.lines[line])]) {
		line--
	}
	return max(floor, p.lineEnd(p.lines[line]))
}

// lastNode is the node of a subtree that stands last in the text.
func (p *planner) lastNode(n *node) *node {
	for n.Kind != yaml.AliasNode && len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	return n
}

// limit is the start of the line on which the node behind an offset starts; if
// there is none, the end of the document, which is behind floor.
func (p *planner) limit(offset, floor int) int {
	if i, _ := slices.BinarySearch(p.starts, offset+1); i < len(p.starts) {
		return p.lineStart(p.starts[i])
	}
	return p.documentEnd(floor)
}

// documentEnd is where the document ends, from the line of an offset on: at its
// marker (...) or with the text.
func (p *planner) documentEnd(offset int) int {
	for _, start := range p.lines[p.line(offset):] {
		line := p.data[start:p.lineEnd(start)]
		if bytes.HasPrefix(line, []byte("...")) && (len(line) == len("...") || isBlank(line[len("...")])) {
			return start
		}
	}
	return p.end
}

// floor is an offset that is certainly not in front of the last byte of a node
// which may hold lines that look like comments or are blank. For all other
// nodes it is their start.
func (p *planner) floor(n *node, parent int) int {
	start := p.offset(n)
	switch {
	case n.Kind != yaml.ScalarNode:
		return start
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		if end, ok := quotedEnd(p.data[:p.end], p.skipProperties(n)); ok {
			return end - 1
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return p.blockScalarEnd(n, len(p.prefix(parent)))
	}
	return start
}

// blockScalarEnd is the end of the last line of a literal or folded scalar
// whose text is indented by more than its parent. The blank lines behind it are
// part of it if it keeps them (|+).
func (p *planner) blockScalarEnd(n *node, parent int) int {
	start := p.offset(n)
	header := string(p.data[start:p.lineEnd(start)])
	keeps := strings.Contains(strings.SplitN(header, "#", 2)[0], "+")
	limit := p.limit(start, start)
	end, text := p.lineEnd(start), -1 // what the text is indented by
	for at := end; at < limit; at = p.lineEnd(at) {
		blank := len(bytes.TrimSpace(p.data[at:p.lineEnd(at)])) == 0
		indent := len(p.indent(at))
		switch {
		case !blank && indent <= parent:
			return end
		case !blank && text < 0:
			text = indent
		case blank && text >= 0 && indent > text:
			blank = false // blanks beyond the indentation are text
		}
		if !blank || keeps {
			end = p.lineEnd(at)
		}
	}
	return end
}
