package manifest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"
)

// maxObjectBytes bounds one object as JSON: the API server takes no larger
// request body (3 MiB), and aliases of aliases ("billion laughs") grow past any
// bound.
const maxObjectBytes = 3 << 20

// maxObjectDepth bounds nesting; a node that contains its own alias has no end.
const maxObjectDepth = 1000

// encoder turns YAML nodes into the JSON that kubectl would send, and remembers
// which node each value came from.
type encoder struct {
	json  []byte
	marks []mark
	merger
}

// mark says that the value at an offset of the JSON came from a node, and under
// which key, if any.
type mark struct {
	offset int
	node   *yaml.Node
	key    string
}

func (e *encoder) value(key string, node *yaml.Node, depth int) *fault {
	node = resolveAlias(node)
	if len(e.json) > maxObjectBytes || depth > maxObjectDepth {
		return &fault{
			node, "the object is larger or deeper than an API server accepts (3 MiB), once its aliases are expanded",
			"split the object, or write out what the anchors stand for",
		}
	}
	e.marks = append(e.marks, mark{len(e.json), node, key})
	switch node.Kind {
	case yaml.MappingNode:
		return e.mapping(node, depth)
	case yaml.SequenceNode:
		e.json = append(e.json, '[')
		for i, item := range node.Content {
			if i > 0 {
				e.json = append(e.json, ',')
			}
			if fault := e.value("", item, depth+1); fault != nil {
				return fault
			}
		}
		e.json = append(e.json, ']')
		return nil
	default:
		return e.scalar(node)
	}
}

func (e *encoder) mapping(node *yaml.Node, depth int) *fault {
	pairs, fault := e.pairs(node, 0)
	if fault != nil {
		return fault
	}
	e.json = append(e.json, '{')
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			e.json = append(e.json, ',')
		}
		key := resolveAlias(pairs[i]).Value
		e.text(key)
		e.json = append(e.json, ':')
		if fault := e.value(key, pairs[i+1], depth+1); fault != nil {
			return fault
		}
	}
	e.json = append(e.json, '}')
	return nil
}

func (e *encoder) scalar(node *yaml.Node) *fault {
	switch node.Tag {
	case "!!null":
		e.json = append(e.json, "null"...)
	case "!!bool":
		e.json = strconv.AppendBool(e.json, strings.EqualFold(node.Value, "true"))
	case "!!int":
		return e.integer(node)
	case "!!float":
		return e.float(node)
	case "!!binary":
		text, err := base64.StdEncoding.DecodeString(node.Value)
		if err != nil {
			return &fault{node, "!!binary is not base64", "correct it, or take the tag off"}
		}
		e.text(string(text))
	default:
		if truth, ok := yaml11Bools[node.Value]; ok && node.Tag == "!!str" && node.Style == 0 {
			e.json = strconv.AppendBool(e.json, truth)
			return nil
		}
		e.text(node.Value)
	}
	return nil
}

// yaml11Bools are the plain scalars that are strings in YAML 1.2 and booleans
// to kubectl, which reads YAML 1.1.
var yaml11Bools = map[string]bool{
	"y": true, "Y": true, "yes": true, "Yes": true, "YES": true, "on": true, "On": true, "ON": true,
	"n": false, "N": false, "no": false, "No": false, "NO": false, "off": false, "Off": false, "OFF": false,
}

func (e *encoder) integer(node *yaml.Node) *fault {
	digits := strings.ReplaceAll(node.Value, "_", "")
	if n, err := strconv.ParseInt(digits, 0, 64); err == nil {
		e.json = strconv.AppendInt(e.json, n, 10)
		return nil
	}
	if n, err := strconv.ParseUint(digits, 0, 64); err == nil {
		e.json = strconv.AppendUint(e.json, n, 10)
		return nil
	}
	return &fault{node, fmt.Sprintf("%s is not an integer that fits 64 bits", clip(node.Value)), "correct the number, or quote it if it is text"}
}

func (e *encoder) float(node *yaml.Node) *fault {
	f, err := strconv.ParseFloat(strings.ReplaceAll(node.Value, "_", ""), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return &fault{node, fmt.Sprintf("%s is not a number that JSON, and so Kubernetes, can hold", clip(node.Value)), "correct the number, or quote it if it is text"}
	}
	e.json = strconv.AppendFloat(e.json, f, 'g', -1, 64)
	return nil
}

// text appends a JSON string.
func (e *encoder) text(s string) {
	if plain(s) {
		e.json = append(e.json, '"')
		e.json = append(e.json, s...)
		e.json = append(e.json, '"')
		return
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("encoding a string: %v", err)) // no string fails to encode
	}
	e.json = append(e.json, quoted...)
}

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// clip keeps a value from a file short enough for a message.
func clip(s string) string {
	if len(s) <= 40 {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:37]) + "…"
}
