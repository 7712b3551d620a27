package manifest

import (
	"cmp"
	"strings"
	"unique"

	yaml "go.yaml.in/yaml/v3"
)

// maxListDepth and maxListed bound what one document may list: a list that
// holds its own alias has no end, and lists of aliased lists multiply.
const (
	maxListDepth = 8
	maxListed    = 100_000
)

// collector gathers the objects of one document.
type collector struct {
	file    string
	base    int
	objects []Object
}

// add takes the object at node, or a list's items. version and kind are what the
// items of a typed list (ServiceList) are where they do not say it themselves.
func (c *collector) add(node *yaml.Node, version, kind string, depth int) *fault {
	node = resolveAlias(node)
	apiVersion, ownKind := cmp.Or(scalar(node, "apiVersion"), version), cmp.Or(scalar(node, "kind"), kind)
	if node.Kind != yaml.MappingNode || ownKind == "" || apiVersion == "" {
		return nil
	}
	if strings.HasPrefix(apiVersion, "kustomize.config.k8s.io/") {
		return nil // read by kustomize, never by an API server
	}
	if depth > maxListDepth || len(c.objects) >= maxListed {
		return &fault{node, "the list holds itself, or more objects than any cluster", "write the objects out, one document each"}
	}
	items := resolveAlias(child(node, "items"))
	if item, isList := strings.CutSuffix(ownKind, "List"); isList && items != nil && items.Kind == yaml.SequenceNode {
		version := apiVersion
		if item == "" {
			version = "" // a List's own version says nothing of its items
		}
		for _, entry := range items.Content {
			if fault := c.add(entry, version, item, depth+1); fault != nil {
				return fault
			}
		}
		return nil
	}
	c.objects = append(c.objects, Object{
		File: c.file, Line: c.base + node.Line,
		// Interned: nodes' values are parts of the text, which must not stay.
		APIVersion: unique.Make(apiVersion).Value(), Kind: unique.Make(ownKind).Value(),
		node: node, base: c.base,
	})
	return nil
}

// place tells the objects which text they stand in, and whose memory they
// are in.
func (c *collector) place(document *yaml.Node, text chunk, r *Reader) {
	for i := range c.objects {
		o := &c.objects[i]
		o.document, o.start, o.end = document, text.start, text.start+len(text.text)
		o.reader = r
	}
}
