package rewrite

import (
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// Indentation where the document shows none of its own.
const (
	defaultStep = 2
	defaultDash = 0
)

// blockStyle is how a document indents.
type blockStyle struct {
	// step is what a mapping is indented by below its key, dash what a list's
	// dashes are.
	step, dash int
	// quoted reports that keys are written in double quotes.
	quoted bool
}

// blockStyle is that of a mapping's children, else of the object.
func (p *planner) blockStyle(mapping *node) blockStyle {
	style := blockStyle{step: -1, dash: -1, quoted: p.quotes(mapping)}
	style.learn(mapping, false)
	style.learn(p.Object, true)
	if style.step < 0 {
		style.step = defaultStep
	}
	if style.dash < 0 {
		style.dash = defaultDash
	}
	return style
}

// learn fills in what is not known yet from a mapping in block style, and with
// deep from all below it.
func (s *blockStyle) learn(n *node, deep bool) {
	if s.step >= 0 && s.dash >= 0 {
		return
	}
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 {
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.learnEntry(n.Content[i], n.Content[i+1])
		}
	}
	if deep {
		for _, content := range n.Content {
			s.learn(content, true)
		}
	}
}

func (s *blockStyle) learnEntry(key, value *node) {
	if value.Style&yaml.FlowStyle != 0 || len(value.Content) == 0 || value.Content[0].Line == key.Line {
		return
	}
	switch {
	case value.Kind == yaml.MappingNode && s.step < 0:
		s.step = value.Content[0].Column - key.Column
	case value.Kind == yaml.SequenceNode && value.Anchor == "" && s.dash < 0:
		s.dash = value.Column - key.Column
	}
}

// field is a key and its value as lines, indented.
func (s blockStyle) field(indent, key string, value *node) []string {
	head := indent + s.key(key) + ":"
	if value.Kind == yaml.ScalarNode {
		return []string{head + " " + scalarText(value, 0, s.quoted)}
	}
	return append([]string{head}, s.nested(indent, value)...)
}

func (s blockStyle) key(key string) string {
	return scalarText(&node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, 0, s.quoted)
}

// nested is a collection as lines below a key that is indented so.
func (s blockStyle) nested(indent string, value *node) []string {
	var lines []string
	if value.Kind == yaml.SequenceNode {
		indent += strings.Repeat(" ", max(0, s.dash))
		for _, item := range value.Content {
			lines = append(lines, s.item(indent+"- ", item)...)
		}
		return lines
	}
	indent += strings.Repeat(" ", max(1, s.step))
	for i := 0; i+1 < len(value.Content); i += 2 {
		lines = append(lines, s.field(indent, value.Content[i].Value, value.Content[i+1])...)
	}
	return lines
}

// item is a list's item as lines, the first of which begins with the prefix
// that ends in its dash and blanks.
func (s blockStyle) item(prefix string, value *node) []string {
	if value.Kind == yaml.ScalarNode {
		return []string{prefix + scalarText(value, 0, s.quoted)}
	}
	indent := strings.Repeat(" ", len(prefix))
	var lines []string
	for i := 0; i+1 < len(value.Content); i += 2 {
		lines = append(lines, s.field(indent, value.Content[i].Value, value.Content[i+1])...)
	}
	lines[0] = prefix + strings.TrimPrefix(lines[0], indent)
	return lines
}

// quotes reports whether the keys of a mapping are all in double quotes; those
// of the whole document if it has none.
func (p *planner) quotes(mapping *node) bool {
	if len(mapping.Content) == 0 || mapping.Kind != yaml.MappingNode {
		mapping = p.Root
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Style&yaml.DoubleQuotedStyle == 0 {
			return false
		}
	}
	return len(mapping.Content) > 0
}
