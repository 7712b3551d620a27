package review

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/policies"
)

// Style is how text is shown. The zero value is for files and pipes.
type Style struct {
	Color bool
}

const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

func (s Style) paint(color, text string) string {
	if !s.Color || color == "" || text == "" {
		return text
	}
	return color + text + reset
}

func (s Style) severity(severity policies.Severity) string {
	if severity == policies.SeverityError {
		return s.paint(red, string(severity))
	}
	return s.paint(yellow, string(severity))
}

// WriteText writes the report for people: each result with the line that it is
// about, what is wrong and what to do, and a summary at the end.
func (r *Report) WriteText(w io.Writer, source *Source, style Style) error {
	out := bufio.NewWriter(w)
	for _, result := range r.Results {
		result.writeText(out, source, style)
	}
	out.WriteString(r.summary(style))
	// A Writer of bufio keeps its first error for Flush.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (r Result) writeText(b *bufio.Writer, source *Source, style Style) {
	place := fmt.Sprintf("%s:%d", FileName(r.File), r.Line)
	fmt.Fprintf(b, "%s  %s  %s", style.paint(bold, place), style.severity(r.Severity), r.ID)
	if title := (Ref{Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}).Title(); title != "" {
		fmt.Fprintf(b, "  %s", printable(title))
	}
	b.WriteByte('\n')
	if line := source.Line(r.File, r.Line); strings.TrimSpace(line) != "" {
		number := strconv.Itoa(r.Line)
		fmt.Fprintf(b, "  %s %s\n", style.paint(dim, number+" |"), line)
	}
	fmt.Fprintf(b, "  %s\n", printable(r.Message))
	if r.Remedy != "" {
		fmt.Fprintf(b, "  %s %s\n", style.paint(green, "Fix:"), printable(r.Remedy))
	}
	b.WriteByte('\n')
}

// FileName is a file as people are told of it.
func FileName(file string) string {
	if file == manifest.Stdin {
		return "standard input"
	}
	return file
}

// summary ends the text: what was read, what was found, what admission would
// do, and for who has not begun yet, how to.
func (r *Report) summary(style Style) string {
	verdict := style.paint(green, "no violations")
	if r.Summary.Errors > 0 || r.Summary.Warnings > 0 {
		verdict = fmt.Sprintf("%s, %s",
			style.paint(colorIf(r.Summary.Errors > 0, red), count(r.Summary.Errors, "error")),
			style.paint(colorIf(r.Summary.Warnings > 0, yellow), count(r.Summary.Warnings, "warning")))
	}
	text := fmt.Sprintf("%s in %s, %d with annotations of Inshore's: %s\n",
		count(r.Summary.Objects, "object"), count(r.files, "file"), r.asked, verdict)
	switch {
	case len(r.Mutations) > 0:
		text += fmt.Sprintf("Admission would fill in fields of %s; `inshore explain -f FILE` shows which and why.\n", count(len(r.Mutations), "object"))
	case r.asked == 0 && r.Summary.Errors == 0:
		text += "Nothing here is opted in: annotate a DaemonSet and its Service with inshore.dev/node-local: required\n"
	}
	return text
}

func colorIf(condition bool, color string) string {
	if condition {
		return color
	}
	return ""
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
