package manifest

import (
	"bytes"
	"fmt"

	yaml "go.yaml.in/yaml/v3"
)

// fault is what is wrong with well-formed YAML.
type fault struct {
	node    *yaml.Node
	message string
	remedy  string
}

// checkNode finds what the YAML parser lets pass and Kubernetes does not: a key
// that appears twice in one mapping, and a key that is not a scalar (which is
// how `name: {{ .Values.name }}` reads to a YAML parser). Aliases are not
// followed, so the work is bounded by the text.
func checkNode(node *yaml.Node) *fault {
	if node.Kind == yaml.MappingNode {
		if fault := checkKeys(node); fault != nil {
			return fault
		}
	}
	for _, content := range node.Content {
		if fault := checkNode(content); fault != nil {
			return fault
		}
	}
	return nil
}

// smallMapping is how many keys are compared pairwise; beyond it a map is
// faster than the square.
const smallMapping = 16

func checkKeys(mapping *yaml.Node) *fault {
	var seen map[string]*yaml.Node
	if len(mapping.Content)/2 > smallMapping {
		seen = make(map[string]*yaml.Node, len(mapping.Content)/2)
	}
	for i := 0; i < len(mapping.Content); i += 2 {
		key := resolveAlias(mapping.Content[i])
		if key.Kind != yaml.ScalarNode {
			return &fault{key, "not a manifest: a mapping or a list stands where a key is expected", "write a plain key"}
		}
		if key.Tag == "!!null" {
			return &fault{mapping.Content[i], "not a manifest: nothing stands where a key is expected", "write a key, in quotes if it is to read null"}
		}
		first := seen[key.Value]
		if seen == nil {
			first = earlierKey(mapping, i, key.Value)
		} else {
			seen[key.Value] = key
		}
		if first != nil && !isMerge(key) {
			return &fault{
				mapping.Content[i],
				fmt.Sprintf("key %q appears twice in one mapping", key.Value),
				"keep one of the two: Kubernetes tools refuse this or silently take the last",
			}
		}
	}
	return nil
}

func earlierKey(mapping *yaml.Node, end int, key string) *yaml.Node {
	for i := 0; i < end; i += 2 {
		if k := resolveAlias(mapping.Content[i]); k.Value == key && k.Kind == yaml.ScalarNode {
			return k
		}
	}
	return nil
}

func isMerge(key *yaml.Node) bool { return key.Tag == "!!merge" }

func faultProblem(file string, c chunk, f *fault) *Problem {
	problem := &Problem{File: file, Line: c.line - 1 + f.node.Line, Message: f.message, Remedy: f.remedy}
	if looksTemplated(lineOf(c.text, f.node.Line)) {
		problem.Remedy = templateRemedy
	}
	return problem
}

// lineOf is the line of text that is numbered from 1; nil beyond the end.
func lineOf(text []byte, number int) []byte {
	for line := range bytes.Lines(text) {
		if number--; number == 0 {
			return line
		}
	}
	return nil
}
