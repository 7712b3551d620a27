package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// emit writes the node as YAML with its conditions, from the column indent on.
// Keys are in order of the alphabet, which is that of the API's conventions too:
// apiVersion, kind, metadata, spec.
func (n *node) emit(indent int) string {
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(n.keys)) {
		child := n.keys[key]
		switch {
		case child.block != nil:
			out.WriteString(child.block(indent))
		default:
			out.WriteString(child.conditional(indent, pad(indent)+plain(key)+":"+child.after(indent, indent+2)))
		}
	}
	for i := 0; i < len(n.items); {
		// Neighbours on the same condition share it.
		when, entries := n.items[i].when, ""
		for ; i < len(n.items) && n.items[i].when == when; i++ {
			entries += n.items[i].item(indent)
		}
		if when != "" {
			entries = onlyIf(indent, when, entries)
		}
		out.WriteString(entries)
	}
	return out.String()
}

// item is the node as one of a list, without its condition.
func (n *node) item(indent int) string {
	if n.block != nil {
		return n.block(indent)
	}
	text := n.after(indent, indent+2)
	// A map's first entry stands beside the dash, unless a condition is in the way.
	if first, is := strings.CutPrefix(text, "\n"+pad(indent+2)); is && !strings.HasPrefix(first, "{{-") {
		text = " " + first
	}
	return pad(indent) + "-" + text
}

// conditional puts the node's condition, if it has one, around an entry.
func (n *node) conditional(indent int, entry string) string {
	if n.when == "" {
		return entry
	}
	return onlyIf(indent, n.when, entry)
}

func onlyIf(indent int, when, entry string) string {
	return pad(indent) + "{{- if " + when + " }}\n" + entry + pad(indent) + "{{- end }}\n"
}

// after is what follows a colon or a dash, to the end of the entry. Text that takes several lines goes to the
// column block, and maps and lists to the column below.
func (n *node) after(block, below int) string {
	switch {
	case n.text != "":
		return " " + n.text + "\n"
	case len(n.keys) > 0:
		return "\n" + n.emit(below)
	case n.isList && len(n.items) > 0:
		return "\n" + n.emit(below)
	case n.keys != nil:
		return " {}\n"
	case n.isList:
		return " []\n"
	case len(n.alternatives) > 0:
		return " " + n.choice() + "\n"
	}
	if text, is := n.scalar.(string); is && strings.Contains(text, "\n") {
		return " " + literal(text, block+2) + "\n"
	}
	return " " + plain(n.scalar) + "\n"
}

// choice is a scalar that overlays change.
func (n *node) choice() string {
	var out strings.Builder
	for i, a := range n.alternatives {
		fmt.Fprintf(&out, "{{ %s %s }}%s", map[bool]string{true: "if", false: "else if"}[i == 0], a.when, plain(a.value))
	}
	fmt.Fprintf(&out, "{{ else }}%s{{ end }}", plain(n.scalar))
	return out.String()
}

func pad(columns int) string { return strings.Repeat(" ", columns) }

// unquoted are the strings that need no quotes if YAML reads them as themselves.
var unquoted = regexp.MustCompile(`^[A-Za-z0-9/.*-][A-Za-z0-9/.=:%_ -]*$`)

// plain is a scalar on one line: quoted as JSON has it wherever there might be doubt.
func plain(scalar any) string {
	if text, is := scalar.(string); is && unquoted.MatchString(text) {
		var read any
		if err := yaml.Unmarshal([]byte(text+": "+text), &read); err == nil {
			if entry, is := read.(map[string]any); is && entry[text] == text {
				return text
			}
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(scalar) // What was decoded from YAML is encoded.
	return escape(strings.TrimSuffix(out.String(), "\n"))
}

// escape keeps templates from taking for their own what is Prometheus' or Grafana's.
func escape(text string) string { return strings.ReplaceAll(text, "{{", `{{ "{{" }}`) }

// literal is a text of several lines as a block, or on one line if a block could
// not hold it.
func literal(text string, indent int) string {
	body, ended := strings.CutSuffix(text, "\n")
	lines := strings.Split(body, "\n")
	odd := body == "" || strings.HasPrefix(text, " ") || strings.HasSuffix(body, "\n") || strings.ContainsAny(text, "\t\r")
	if odd || slices.ContainsFunc(lines, func(line string) bool { return strings.HasSuffix(line, " ") }) {
		return plain(text)
	}
	head := map[bool]string{true: "|", false: "|-"}[ended]
	for _, line := range lines {
		head += strings.TrimRight("\n"+pad(indent)+line, " ")
	}
	return escape(head)
}
