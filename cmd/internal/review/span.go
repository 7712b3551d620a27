package review

import (
	"strings"
	"unicode/utf8"
)

// span is the part of a line that a result is about, in characters counted
// from 1, the end not included: the field's key and its value, or the whole
// line where the field is not on it because it is absent. An empty line gives
// two zeros.
func span(line, field string) (start, end int) {
	text := strings.TrimRight(line, " ")
	first := len(text) - len(strings.TrimLeft(text, " "))
	if first == len(text) {
		return 0, 0
	}
	from, to := first, len(text)
	if at := keyIn(text, lastName(field)); at >= 0 {
		from = at
		if strings.ContainsAny(text[:at], "{[") { // a flow mapping goes on behind the value
			if length := strings.IndexAny(text[at:], ",}]"); length > 0 {
				to = at + length
			}
		}
	}
	return utf8.RuneCountInString(text[:from]) + 1, utf8.RuneCountInString(text[:to]) + 1
}

// lastName is the key that a field path ends in, "" where it ends in an index.
func lastName(field string) string {
	if inner, ok := strings.CutSuffix(field, "]"); ok {
		name := inner[strings.LastIndexByte(inner, '[')+1:]
		if strings.Trim(name, "0123456789") == "" {
			return ""
		}
		return name
	}
	return field[strings.LastIndexByte(field, '.')+1:]
}

// keyIn is where a key begins in a line of YAML or JSON, -1 if it is not there.
func keyIn(line, key string) int {
	if key == "" {
		return -1
	}
	for from := 0; ; {
		at := strings.Index(line[from:], key)
		if at < 0 {
			return -1
		}
		at += from
		rest := strings.TrimLeft(strings.TrimLeft(line[at+len(key):], `"'`), " ")
		if strings.HasPrefix(rest, ":") && (at == 0 || strings.IndexByte(" {,[\"'", line[at-1]) >= 0) {
			return at
		}
		from = at + 1
	}
}
