package review

import (
	"bytes"
	"os"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/output"
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
	return output.Printable(string(s.lines[number-1]))
}
