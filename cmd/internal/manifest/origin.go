package manifest

import (
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// Origin is an object as it stands in the text of its file, for those who change
// that text.
type Origin struct {
	// Object is the object's mapping. Root is that of the whole document: the
	// same, unless the object is an item of a list.
	Object, Root *yaml.Node
	// Start and End bound the document in the bytes of the file. Lines and
	// columns of the nodes count from Start, as YAML counts: columns are
	// characters, and a lone carriage return ends a line.
	Start, End int

	base int
}

// Origin is the object as the YAML parser left it: aliases are not followed and
// merges not resolved.
func (o *Object) Origin() Origin {
	return Origin{Object: o.node, Root: o.document, Start: o.start, End: o.end, base: o.base}
}

// Line is the line of the file on which one of the nodes stands.
func (o Origin) Line(node *yaml.Node) int { return o.base + node.Line }

// Annotation is the first annotation whose key begins with a prefix, and the line
// it stands on; empty if there is none. Merges are not resolved.
func (o *Object) Annotation(prefix string) (key string, line int) {
	annotations := resolveAlias(child(resolveAlias(child(o.node, "metadata")), "annotations"))
	if annotations == nil || annotations.Kind != yaml.MappingNode {
		return "", 0
	}
	for i := 0; i+1 < len(annotations.Content); i += 2 {
		if name := annotations.Content[i]; strings.HasPrefix(name.Value, prefix) {
			return name.Value, o.base + name.Line
		}
	}
	return "", 0
}

// JSON is the object as kubectl would send it.
func (o *Object) JSON() ([]byte, *Problem) {
	var e encoder
	if fault := e.value("", o.node, 0); fault != nil {
		return nil, o.problem(fault)
	}
	return e.json, nil
}
