package review

import (
	"bytes"
	"os"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
)

// Source reads single lines of the files under review, for people to see what
// a result is about. Results come file by file, so it keeps one file.
type Source struct {
	stdin []byte
	file  string
	lines [][]byte
}

// Source is for rendering this outcome.
func (o *Outcome) Source() *Source { return &Source{stdin: o.stdin} }

// Line is a line of a file without its line break, "" if there is none (any
// more): the review has been held, so a file that went since is no error.
func (s *Source) Line(file string, number int) string {
	if file != s.file || s.lines == nil {
		data := s.stdin
		if file != manifest.Stdin {
			data, _ = os.ReadFile(file)
		}
		s.file, s.lines = file, bytes.Split(data, []byte{'\n'})
	}
	if number < 1 || number > len(s.lines) {
		return ""
	}
	return printable(string(s.lines[number-1]))
}

// printable keeps what a file holds from driving the terminal.
func printable(line string) string {
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
