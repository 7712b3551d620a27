package output

import (
	"fmt"
	"strings"
)

// Count is a number of things: "1 error", "2 errors".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Printable is a line without what would drive the terminal: files, and objects
// that somebody else wrote into a cluster, may hold any character.
func Printable(line string) string {
	line = strings.TrimRight(strings.ToValidUTF8(line, "\ufffd"), "\r")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return '\ufffd'
		}
		return r
	}, line)
}
