package review

import (
	"bytes"
	"sort"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
)

// sourceMark says that from a line on the text was rendered from a template.
type sourceMark struct {
	line int
	name string // "" from a document on whose template is not named
}

// nameSources adds to results in standard input the template that they were
// rendered from. Helm writes it above each document: # Source: chart/templates/x.yaml
func (r *Report) nameSources(stdin []byte) {
	marks := sourceMarks(stdin)
	if len(marks) == 0 {
		return
	}
	for i := range r.Results {
		r.Results[i].Source = sourceAt(marks, r.Results[i])
	}
	for i := range r.Excepted {
		r.Excepted[i].Source = sourceAt(marks, r.Excepted[i].Result)
	}
}

func sourceMarks(text []byte) []sourceMark {
	if !bytes.Contains(text, []byte("# Source: ")) {
		return nil
	}
	var marks []sourceMark
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		if name, ok := bytes.CutPrefix(line, []byte("# Source: ")); ok {
			marks = append(marks, sourceMark{number, string(bytes.TrimSpace(name))})
		} else if bytes.Equal(line, []byte("---")) {
			marks = append(marks, sourceMark{number, ""})
		}
	}
	return marks
}

func sourceAt(marks []sourceMark, result Result) string {
	if result.File != manifest.Stdin {
		return ""
	}
	after := sort.Search(len(marks), func(i int) bool { return marks[i].line > result.Line })
	if after == 0 {
		return ""
	}
	return marks[after-1].name
}
