package manifest

import (
	"bytes"
	"iter"
)

// chunk is the text of one YAML document, the line of the file on which it
// starts, counted from 1, and the byte of what was cut.
type chunk struct {
	text  []byte
	line  int
	start int
}

// chunks cuts a file at its document markers, `---` at the start of a line, so
// that each document can be decoded, and be wrong, by itself. YAML allows no
// marker inside a document, not even inside a quoted or a block scalar, so
// cutting by line is exact. Comments and directives (%YAML) above a marker go
// with the document below it, unless they follow one that has not been ended
// with `...`.
func chunks(data []byte) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		start, startLine := 0, 1 // of the chunk
		head, headLine := 0, 1   // where a next document's head may begin
		line := 1
		for offset := 0; offset < len(data); line++ {
			next := lineEnd(data, offset)
			switch {
			case isMarker(data[offset:next], "..."):
				head, headLine = next, line+1
			case isMarker(data[offset:next], "---"):
				if !blank(data[head:offset]) {
					head, headLine = offset, line
				}
				if head > start && !yield(chunk{data[start:head], startLine, start}) {
					return
				}
				start, startLine = head, headLine
				// The marker is no head of the document after this one.
				head, headLine = offset, line
			}
			offset = next
		}
		if start < len(data) {
			yield(chunk{data[start:], startLine, start})
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
