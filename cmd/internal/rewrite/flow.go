package rewrite

import (
	"bytes"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// flowStyle is how a flow collection is written.
type flowStyle struct {
	// quoted reports that keys and strings are in double quotes.
	quoted bool
	// colon is what stands between key and value, comma between entries.
	colon, comma string
	// newline and step are set where each entry has a line of its own, indented
	// by one step more than its parent.
	newline, step string
}

// brackets is what a scan of a flow collection finds.
type brackets struct {
	open, close int
	// content is the offset behind its last byte that is no white space and in
	// no comment; open+1 if there is none.
	content int
}

// scanBrackets finds the end of the flow collection that opens at an offset.
func scanBrackets(data []byte, open int) (brackets, bool) {
	found := brackets{open: open, content: open + 1}
	depth := 0
	fresh := true // a scalar may begin here, and so may a quote
	for at := open; at < len(data); at++ {
		c := data[at]
		switch {
		case c == '{' || c == '[':
			depth++
			fresh = true
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				found.close = at
				return found, true
			}
			fresh = false
		case (c == '"' || c == '\'') && fresh:
			end, ok := quotedEnd(data, at)
			if !ok {
				return found, false
			}
			at, fresh = end-1, false
		case c == '#' && isBlank(data[at-1]):
			for at+1 < len(data) && breakAt(data[at+1:]) == 0 {
				at++
			}
			continue
		case isBlank(c):
			continue
		default:
			fresh = c == ',' || c == ':'
		}
		if at > open {
			found.content = at + 1
		}
	}
	return found, false
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// scan finds the brackets of a collection of the document.
func (p *planner) scan(n *node) (brackets, bool) {
	open := p.skipProperties(n)
	if open >= p.end || p.data[open] != '{' && p.data[open] != '[' {
		return brackets{}, false
	}
	return scanBrackets(p.data[:p.end], open)
}

// intoFlow adds an entry, with a key if the collection is a mapping, behind the
// last one.
func (p *planner) intoFlow(collection *node, style flowStyle, key string, value *node) *obstacle {
	found, ok := p.scan(collection)
	if !ok {
		return obstacleAt(collection, "the end of the %s cannot be found", string(p.data[p.offset(collection)]))
	}
	if found.content == found.open+1 {
		p.intoEmpty(collection, found, style.entry("", key, value))
		return nil
	}
	tail := p.data[found.content:found.close]
	trailing := p.data[found.content-1] == ','
	separator, end := style.comma, ""
	if trailing {
		separator, end = strings.TrimPrefix(style.comma, ","), ","
	}
	if style.newline == "" {
		if bytes.Contains(tail, []byte("#")) {
			return obstacleAt(collection, "a comment stands in a mapping or list on one line")
		}
		p.edit(found.content, found.content, separator+style.entry("", key, value)+end)
		return nil
	}
	if !trailing {
		p.edit(found.content, found.content, ",")
		end = ""
	}
	indent := p.indent(p.lastEntry(collection))
	// Behind a comment on the last entry's line.
	line := p.lineEnd(found.content - 1)
	line -= len(trailingBreak(p.data[p.start:line]))
	p.edit(line, line, style.newline+indent+style.entry(indent, key, value)+end)
	return nil
}

// intoEmpty adds an entry to an empty collection, which may have got another
// one just before.
func (p *planner) intoEmpty(collection *node, found brackets, entry string) {
	if p.filled[collection] {
		entry = ", " + entry
	}
	p.filled[collection] = true
	p.edit(found.open+1, found.open+1, entry)
}

// lastEntry is where the last key or item starts.
func (p *planner) lastEntry(collection *node) int {
	last := len(collection.Content) - 1
	if collection.Kind == yaml.MappingNode {
		last--
	}
	return p.offset(collection.Content[last])
}

// flowStyle is that of a collection's entries.
func (p *planner) flowStyle(collection *node) flowStyle {
	style := flowStyle{quoted: p.quotes(collection), colon: ": ", comma: ", "}
	if len(collection.Content) == 0 {
		return style
	}
	first := p.skipProperties(collection.Content[0])
	if collection.Kind == yaml.MappingNode {
		if end, ok := quotedEnd(p.data[:p.end], first); ok && end+1 < p.end && p.data[end] == ':' && !isBlank(p.data[end+1]) {
			style.colon, style.comma = ":", "," // as compact as JSON can be
		}
	}
	found, ok := p.scan(collection)
	if !ok {
		return style
	}
	entry := p.lastEntry(collection)
	apart := p.line(found.close) > p.line(found.content-1)
	if apart && strings.TrimSpace(p.prefix(entry)) == "" {
		style.newline = p.newline(entry)
		style.step = strings.TrimPrefix(p.indent(entry), p.indent(found.close))
		if !style.quoted {
			// YAML's own brackets are for what fits a line.
			style.step = ""
		}
	}
	return style
}

// entry is a key and its value, or an item if the key is empty.
func (s flowStyle) entry(indent, key string, value *node) string {
	if key == "" {
		return s.value(value, indent)
	}
	name := scalarText(&node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, 0, s.quoted)
	return name + s.colon + s.value(value, indent)
}

// value is a value whose first line is indented so.
func (s flowStyle) value(value *node, indent string) string {
	open, close := "{", "}"
	switch value.Kind {
	case yaml.ScalarNode:
		return scalarText(value, 0, s.quoted)
	case yaml.SequenceNode:
		open, close = "[", "]"
	}
	before, between, after := "", s.comma, ""
	if s.newline != "" && s.step != "" {
		before, after = s.newline+indent+s.step, s.newline+indent
		between = "," + before
	}
	var entries []string
	for i := 0; i < len(value.Content); i++ {
		key := ""
		if value.Kind == yaml.MappingNode {
			key = value.Content[i].Value
			i++
		}
		entries = append(entries, s.entry(indent+s.step, key, value.Content[i]))
	}
	return open + before + strings.Join(entries, between) + after + close
}
