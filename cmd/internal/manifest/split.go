package manifest

import (
	"bytes"
	"iter"
)

// chunk is the text of one YAML document and the line of the file on which it
// starts, counted from 1.
type chunk struct {
	text []byte
	line int
}

// chunks cuts a file at its document markers, `---` and `...` at the start of a
// line, so that each document can be decoded, and be wrong, by itself. YAML
// allows neither marker inside a document, not even inside a quoted or a block
// scalar, so cutting by line is exact.
func chunks(data []byte) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		start, startLine := 0, 1
		directives := false // this chunk holds nothing but %YAML, %TAG and comments
		line := 1
		for offset := 0; offset < len(data); line++ {
			next := lineEnd(data, offset)
			text := data[offset:next]
			switch {
			case isMarker(text, "---") && !directives:
				if offset > start && !yield(chunk{data[start:offset], startLine}) {
					return
				}
				start, startLine = offset, line
			case isMarker(text, "---"):
				directives = false
			case isMarker(text, "..."):
				if !yield(chunk{data[start:next], startLine}) {
					return
				}
				start, startLine = next, line+1
			case text[0] == '%' && blank(data[start:offset]):
				directives = true
			}
			offset = next
		}
		if start < len(data) {
			yield(chunk{data[start:], startLine})
		}
	}
}

// lineEnd is the offset behind the line that starts at offset.
func lineEnd(data []byte, offset int) int {
	if i := bytes.IndexByte(data[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(data)
}

// isMarker reports whether a line is a document marker: the three characters,
// then a blank or the end of the line.
func isMarker(line []byte, marker string) bool {
	if !bytes.HasPrefix(line, []byte(marker)) {
		return false
	}
	return len(line) == len(marker) || bytes.IndexByte([]byte(" \t\r\n"), line[len(marker)]) >= 0
}

// blank reports whether text holds only blank lines, comments and directives.
func blank(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}
