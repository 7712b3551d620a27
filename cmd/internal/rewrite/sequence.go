package rewrite

import (
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// appendTo adds an item to a list.
func (p *planner) appendTo(list, value *node) *obstacle {
	if list.Style&yaml.FlowStyle != 0 {
		style := p.flowStyle(list)
		style.quoted = p.itemQuotes(list)
		return p.intoFlow(list, style, "", value)
	}
	if len(list.Content) == 0 {
		return obstacleAt(list, "the list is empty")
	}
	last := len(list.Content) - 1
	prefix := p.prefix(p.offset(list.Content[last]))
	switch {
	case strings.TrimSpace(prefix) != "-" && (list.Anchor != "" || list.Style&yaml.TaggedStyle != 0):
		return obstacleAt(list.Content[last], "the dash of the list's last item is not on the item's line")
	case strings.TrimSpace(prefix) != "-":
		prefix = strings.Repeat(" ", list.Column-1) + "- "
	case !strings.HasSuffix(prefix, " "):
		prefix += " " // the item is empty
	}
	style := p.blockStyle(list)
	style.quoted = p.itemQuotes(list)
	p.addLines(p.behind(list, last), style.item(prefix, value))
	return nil
}

// itemQuotes reports whether the keys of a list's items are in double quotes.
func (p *planner) itemQuotes(list *node) bool {
	if len(list.Content) > 0 && len(list.Content[0].Content) > 0 {
		return p.quotes(list.Content[0])
	}
	return p.quotes(p.Root)
}
