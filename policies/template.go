package policies

import (
	"fmt"
	"strings"
)

// template is a message with {placeholders}, split once.
type template struct {
	// literals has one element more than names: a literal stands before
	// every name and after the last.
	literals, names []string
}

func newTemplate(text string) template {
	var t template
	for {
		before, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			t.literals = append(t.literals, text)
			return t
		}
		t.literals = append(t.literals, before)
		t.names = append(t.names, name)
		text = after
	}
}

// render fills the placeholders: {object} and {field}, and the finding's own
// values. A value that the finding lacks is an error: a message with a hole in
// it helps nobody.
func (t template) render(object, field string, values map[string]any) (string, error) {
	if len(t.names) == 0 {
		return t.literals[0], nil // one copy, however many findings
	}
	var b strings.Builder
	for i, name := range t.names {
		b.WriteString(t.literals[i])
		switch value, ok := values[name]; {
		case name == "object":
			b.WriteString(object)
		case name == "field":
			b.WriteString(field)
		case ok:
			fmt.Fprint(&b, value)
		default:
			return "", fmt.Errorf("the finding has no value {%s}", name)
		}
	}
	b.WriteString(t.literals[len(t.names)])
	return b.String(), nil
}
