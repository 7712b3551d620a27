package rewrite

import (
	"bytes"
	"sort"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"
)

// text is one document in the bytes of its file. All offsets are of the file.
type text struct {
	data       []byte
	start, end int
	lines      []int // where each line starts, as YAML counts lines
}

func newText(data []byte, start, end int) *text {
	t := &text{data: data, start: start, end: end, lines: []int{start}}
	for at := start; at < end; {
		if size := breakAt(data[at:end]); size > 0 {
			at += size
			t.lines = append(t.lines, at)
		} else {
			at++
		}
	}
	return t
}

// breakAt is the length of the line break that text begins with, 0 if it does
// not. Besides those of Unix, Windows and old Macs, the parser counts YAML 1.1's:
// next line, line separator, paragraph separator.
func breakAt(text []byte) int {
	switch {
	case len(text) == 0:
		return 0
	case text[0] == '\n':
		return 1
	case text[0] == '\r':
		if len(text) > 1 && text[1] == '\n' {
			return 2
		}
		return 1
	}
	for _, br := range []string{"\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(text, []byte(br)) {
			return len(br)
		}
	}
	return 0
}

// offset is where a node starts: at its anchor or tag, if it has one.
func (t *text) offset(node *yaml.Node) int {
	if node.Line < 1 || node.Line > len(t.lines) {
		return t.end
	}
	at := t.lines[node.Line-1]
	for range node.Column - 1 {
		_, size := utf8.DecodeRune(t.data[at:t.end])
		at += size
	}
	return at
}

// line is the number of the line that holds the offset, from 0.
func (t *text) line(offset int) int {
	return sort.Search(len(t.lines), func(i int) bool { return t.lines[i] > offset }) - 1
}

// lineStart and lineEnd bound the line of an offset, with its break.
func (t *text) lineStart(offset int) int { return t.lines[t.line(offset)] }

func (t *text) lineEnd(offset int) int {
	if next := t.line(offset) + 1; next < len(t.lines) {
		return t.lines[next]
	}
	return t.end
}

// indent is the white space that the line of an offset begins with.
func (t *text) indent(offset int) string {
	line := t.data[t.lineStart(offset):t.end]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// prefix is what stands before an offset on its line.
func (t *text) prefix(offset int) string { return string(t.data[t.lineStart(offset):offset]) }

// newline is the line break that the line of an offset ends with; on a last
// line that has none, the document's first.
func (t *text) newline(offset int) string {
	end := t.lineEnd(offset)
	if br := trailingBreak(t.data[t.start:end]); br != "" {
		return br
	}
	if len(t.lines) > 1 {
		return trailingBreak(t.data[t.start:t.lines[1]])
	}
	return "\n"
}

func trailingBreak(line []byte) string {
	for _, br := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasSuffix(line, []byte(br)) {
			return br
		}
	}
	return ""
}

// void reports whether a line holds no scalar: white space, a comment, or the
// dash of a list's item that begins below it.
func void(line []byte) bool {
	line = bytes.TrimSpace(line)
	for len(line) > 0 && line[0] == '-' && (len(line) == 1 || isBlank(line[1])) {
		line = bytes.TrimSpace(line[1:])
	}
	return len(line) == 0 || line[0] == '#'
}
