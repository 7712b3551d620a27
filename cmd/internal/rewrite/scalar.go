package rewrite

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// replace gives an existing key another value: a scalar for a scalar or an
// alias, or anything in place of null.
func (p *planner) replace(mapping *node, index int, value *node) *obstacle {
	key, old := mapping.Content[index], mapping.Content[index+1]
	start := p.offset(old)
	quoted := p.quotes(mapping)
	switch {
	case old.Anchor != "" || old.Style&yaml.TaggedStyle != 0:
		return obstacleAt(old, "%s has an anchor or a tag", key.Value)
	case old.Kind == yaml.AliasNode && value.Kind == yaml.ScalarNode:
		// A literal in place of the alias changes nothing where the anchor is.
		p.edit(start, start+len("*")+len(old.Value), scalarText(value, 0, quoted))
		return nil
	case old.Kind != yaml.ScalarNode:
		return obstacleAt(old, "%s holds something of another kind", key.Value)
	case old.Tag == "!!null":
		return p.fill(mapping, index, value)
	case value.Kind != yaml.ScalarNode:
		return obstacleAt(old, "%s holds a scalar", key.Value)
	}
	end, ok := p.scalarEnd(old)
	if !ok {
		return obstacleAt(old, "the value of %s goes over several lines", key.Value)
	}
	p.edit(start, end, scalarText(value, old.Style, quoted))
	return nil
}

// fill puts a value in the place of null, be that written or not.
func (p *planner) fill(mapping *node, index int, value *node) *obstacle {
	key, old := mapping.Content[index], mapping.Content[index+1]
	start := p.offset(old)
	end := start + len(old.Value) // "", "~" or "null"
	switch {
	case mapping.Style&yaml.FlowStyle != 0:
		p.edit(start, end, spaceBehind(p.data, start)+p.flowStyle(mapping).value(value, ""))
	case value.Kind == yaml.ScalarNode:
		p.edit(start, end, spaceBehind(p.data, start)+scalarText(value, 0, p.quotes(mapping)))
	default:
		if len(old.Value) > 0 {
			// The blanks in front of it go too.
			before := bytes.TrimRight(p.data[:start], " \t")
			p.edit(len(before), end, "")
		}
		style := p.blockStyle(mapping)
		p.depth++ // it is below its key, and so in front of the key's next sibling
		p.addLines(p.lineEnd(end), style.nested(strings.Repeat(" ", key.Column-1), value))
	}
	return nil
}

// spaceBehind is a space if a value that starts at an offset would otherwise
// touch the colon.
func spaceBehind(data []byte, offset int) string {
	if offset > 0 && data[offset-1] == ':' {
		return " "
	}
	return ""
}

// scalarEnd is the end of a scalar on one line, without anchor or tag.
func (p *planner) scalarEnd(n *node) (int, bool) {
	start := p.offset(n)
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return quotedEnd(p.data[:p.end], start)
	case n.Style == 0 && bytes.HasPrefix(p.data[start:p.end], []byte(n.Value)):
		return start + len(n.Value), true
	}
	return 0, false
}

// skipProperties is where a node's own text starts, behind its anchor and tag.
func (p *planner) skipProperties(n *node) int {
	at := p.offset(n)
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
		return at
	}
	for at < p.end && (p.data[at] == '&' || p.data[at] == '!') {
		for at < p.end && bytes.IndexByte([]byte(" \t\r\n"), p.data[at]) < 0 {
			at++
		}
		for at < p.end && bytes.IndexByte([]byte(" \t\r\n"), p.data[at]) >= 0 {
			at++
		}
	}
	return at
}

// quotedEnd is the offset behind the quoted scalar that starts at an offset.
func quotedEnd(data []byte, start int) (int, bool) {
	if start >= len(data) || data[start] != '"' && data[start] != '\'' {
		return 0, false
	}
	quote := data[start]
	for at := start + 1; at < len(data); at++ {
		switch {
		case data[at] == '\\' && quote == '"':
			at++
		case data[at] != quote:
		case quote == '\'' && at+1 < len(data) && data[at+1] == quote:
			at++
		default:
			return at + 1, true
		}
	}
	return 0, false
}

// plainText are the strings that need no quotes anywhere in YAML.
var plainText = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9./-]*|[0-9]+%)$`)

// reserved are the plain scalars of that form that are no strings, to YAML 1.1
// or 1.2.
var reserved = map[string]bool{
	"y": true, "yes": true, "on": true, "true": true, "null": true,
	"n": true, "no": true, "off": true, "false": true,
}

// scalarText is a scalar as YAML, quoted as the one before it was, if it was; in
// double quotes where the keys beside it are.
func scalarText(value *node, style yaml.Style, quoted bool) string {
	switch {
	case value.Tag != "!!str":
		return value.Value
	case style&yaml.SingleQuotedStyle != 0:
		return "'" + strings.ReplaceAll(value.Value, "'", "''") + "'"
	case style&yaml.DoubleQuotedStyle == 0 && !quoted && plainText.MatchString(value.Value) && !reserved[strings.ToLower(value.Value)]:
		return value.Value
	}
	// JSON is YAML, but for escapes that no string of ours needs.
	text, err := json.Marshal(value.Value)
	if err != nil {
		panic("rewrite: encoding a string: " + err.Error()) // no string fails to encode
	}
	return string(text)
}
