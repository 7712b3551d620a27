package review

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/cmd/internal/rewrite"
)

// StdinName is what standard input is called in a diff.
const StdinName = "stdin"

// Diff is the file's fix as a unified diff, which git apply takes in the folder
// that the review was run in; empty if nothing can be fixed.
func (f *FixedFile) Diff(style Style) string {
	name := StdinName
	if f.File != manifest.Stdin {
		name = diffPath(f.Target)
	}
	diff := rewrite.Diff(name, f.Before, f.Edits)
	if !style.Color {
		return diff
	}
	return style.paintDiff(diff)
}

// diffPath is a file as the working folder names it, if it is below that: git
// apply takes no other path.
func diffPath(file string) string {
	absolute, err := filepath.Abs(file)
	if err == nil {
		// Without a working folder there is no such path, and Abs has failed.
		folder, _ := os.Getwd()
		if relative, err := filepath.Rel(folder, absolute); err == nil && filepath.IsLocal(relative) {
			file = relative
		}
	}
	return filepath.ToSlash(filepath.Clean(file))
}

// paintDiff colours a diff of one file for a terminal.
func (s Style) paintDiff(diff string) string {
	var b strings.Builder
	const head = 2 // lines that name the file
	number := 0
	for line := range strings.Lines(diff) {
		var color output.Color
		switch {
		case number < head:
			color = output.Bold
		case line[0] == '@':
			color = output.Cyan
		case line[0] == '+':
			color = output.Green
		case line[0] == '-':
			color = output.Red
		}
		number++
		b.WriteString(s.paint(color, output.Printable(strings.TrimSuffix(line, "\n"))))
		b.WriteByte('\n')
	}
	return b.String()
}
