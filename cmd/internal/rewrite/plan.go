package rewrite

import (
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

type node = yaml.Node

// planner finds the edits for one object.
type planner struct {
	*text
	manifest.Origin
	edits []Edit
	// depth is that of the operation at hand.
	depth int
	// filled are the flow collections that were empty and have got something.
	filled map[*node]bool
	// aliases is, for each anchored node, an alias of it. starts are the
	// offsets of all nodes of the document, ascending.
	aliases map[*node]*node
	starts  []int
}

func planObject(data []byte, object *manifest.Object, operations mutate.Patch) ([]Edit, *obstacle) {
	origin := object.Origin()
	p := &planner{
		text:   newText(data, origin.Start, origin.End),
		Origin: origin,
		filled: map[*node]bool{}, aliases: map[*node]*node{},
	}
	p.survey(p.Root)
	slices.Sort(p.starts)
	for _, operation := range operations {
		if obstacle := p.operation(operation); obstacle != nil {
			return nil, obstacle
		}
	}
	return p.edits, nil
}

// survey goes through the document, without following aliases.
func (p *planner) survey(n *node) {
	p.starts = append(p.starts, p.offset(n))
	if n.Kind == yaml.AliasNode {
		p.aliases[n.Alias] = n
	}
	for _, content := range n.Content {
		p.survey(content)
	}
}

func (p *planner) operation(operation mutate.Operation) *obstacle {
	if operation.Op == "remove" {
		return obstacleAt(p.Object, "admission would take %s away, and a fix removes nothing", operation.Path)
	}
	var value node
	if err := yaml.Unmarshal(operation.Value, &value); err != nil || len(value.Content) != 1 {
		return obstacleAt(p.Object, "%s would get a value that is not JSON", operation.Path)
	}
	steps := pointerSteps(operation.Path)
	p.depth = len(steps)
	parent, obstacle := p.parent(steps)
	if obstacle != nil {
		return obstacle
	}
	last := steps[len(steps)-1]
	switch {
	case parent.Kind == yaml.MappingNode:
		if i := keyIndex(parent, last); i >= 0 {
			return p.replace(parent, i, value.Content[0])
		}
		return p.insert(parent, last, value.Content[0])
	case parent.Kind == yaml.SequenceNode && last == "-":
		return p.appendTo(parent, value.Content[0])
	}
	return obstacleAt(parent, "%s stands in something that holds no fields", operation.Path)
}

// pointerSteps takes a JSON pointer apart (RFC 6901).
func pointerSteps(pointer string) []string {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, step := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	}
	return steps
}

// parent is the collection that the last step leads into. On the way there
// nothing may be shared: a change to it would change another place too.
func (p *planner) parent(steps []string) (*node, *obstacle) {
	at := p.Object
	for i := 0; ; i++ {
		if alias := p.aliases[at]; alias != nil {
			return nil, obstacleAt(at, "its anchor &%s is used again on line %d", at.Anchor, p.Line(alias))
		}
		if i == len(steps)-1 {
			return at, nil
		}
		next := childOf(at, steps[i])
		switch {
		case next == nil && hasMerge(at):
			return nil, obstacleAt(at, "%s comes from a merge (<<)", steps[i])
		case next == nil:
			return nil, obstacleAt(at, "there is no %s", steps[i])
		case next.Kind == yaml.AliasNode:
			return nil, obstacleAt(next, "%s is an alias (*%s)", steps[i], next.Value)
		}
		at = next
	}
}

func childOf(n *node, step string) *node {
	switch n.Kind {
	case yaml.MappingNode:
		if i := keyIndex(n, step); i >= 0 {
			return n.Content[i+1]
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

// keyIndex is where a key stands in a mapping's Content, -1 if it does not.
func keyIndex(mapping *node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key && mapping.Content[i].Kind == yaml.ScalarNode {
			return i
		}
	}
	return -1
}

func hasMerge(n *node) bool {
	return n.Kind == yaml.MappingNode && slices.ContainsFunc(n.Content, func(c *node) bool { return c.Tag == "!!merge" })
}

func (p *planner) edit(start, end int, text string) {
	p.edits = append(p.edits, Edit{Start: start, End: end, Text: text, depth: p.depth})
}

// insert adds a key to a mapping that has it not.
func (p *planner) insert(mapping *node, key string, value *node) *obstacle {
	if mapping.Style&yaml.FlowStyle != 0 {
		return p.intoFlow(mapping, p.flowStyle(mapping), key, value)
	}
	return p.intoBlock(mapping, key, value)
}
