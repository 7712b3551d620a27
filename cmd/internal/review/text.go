package review

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// Style is how text is shown. The zero value is for files and pipes.
type Style struct {
	Color bool
}

func (s Style) paint(color output.Color, text string) string {
	if !s.Color {
		return text
	}
	return color.Paint(text)
}

func (s Style) severity(severity policies.Severity) string {
	if severity == policies.SeverityError {
		return s.paint(output.Red, string(severity))
	}
	return s.paint(output.Yellow, string(severity))
}

// WriteText writes the report for people, file by file: each result with the
// line that it is about, what is wrong and what to do, and a summary at the end.
func (r *Report) WriteText(w io.Writer, source *Source, style Style) error {
	out := bufio.NewWriter(w)
	for _, group := range r.byFile() {
		fmt.Fprintf(out, "%s  %s\n\n", style.paint(output.Underlined, output.Printable(FileName(group.file))), group.tally(style))
		for _, result := range group.results {
			result.writeText(out, source, style)
		}
		for _, excepted := range group.excepted {
			excepted.writeText(out, source, style)
		}
	}
	for _, entry := range r.Stale {
		fmt.Fprintf(out, "%s %s %s, in the baseline, is no longer found: --write-baseline leaves it out\n", style.paint(output.Dim, "stale"), output.Printable(entry.ID), output.Printable(entry.title()))
	}
	out.WriteString(r.summary(style))
	// A Writer of bufio keeps its first error for Flush.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// tally counts what was found in the file.
func (g fileGroup) tally(style Style) string {
	errors, warnings := tally(g.results)
	var counts []string
	if errors > 0 {
		counts = append(counts, style.paint(output.Red, output.Count(errors, "error")))
	}
	if warnings > 0 {
		counts = append(counts, style.paint(output.Yellow, output.Count(warnings, "warning")))
	}
	if len(g.excepted) > 0 {
		counts = append(counts, style.paint(output.Dim, fmt.Sprintf("%d excepted", len(g.excepted))))
	}
	return strings.Join(counts, ", ")
}

func (r Result) writeText(b *bufio.Writer, source *Source, style Style) {
	r.writeHead(b, style.severity(r.Severity), source, style)
	fmt.Fprintf(b, "  %s\n", output.Printable(r.Message))
	if r.Remedy != "" {
		fmt.Fprintf(b, "  %s %s\n", style.paint(output.Green, "Fix:"), output.Printable(r.Remedy))
	}
	b.WriteByte('\n')
}

func (e ExceptedResult) writeText(b *bufio.Writer, source *Source, style Style) {
	e.writeHead(b, style.paint(output.Dim, "excepted"), source, style)
	fmt.Fprintf(b, "  %s\n  %s %s\n\n", output.Printable(e.Message), style.paint(output.Bold, e.until()+":"), e.why())
}

// writeHead says where and what, and shows the line. Where there is colour, the
// part of the line that it is about stands out.
func (r Result) writeHead(b *bufio.Writer, word string, source *Source, style Style) {
	fmt.Fprintf(b, "%s  %s  %s", style.paint(output.Bold, r.place()), word, output.Printable(r.ID))
	if title := r.title(); title != "" {
		fmt.Fprintf(b, "  %s", title)
	}
	b.WriteByte('\n')
	line := source.Line(r.File, r.Line)
	if strings.TrimSpace(line) == "" {
		return
	}
	line = style.excerpt(line, r.Field)
	fmt.Fprintf(b, "  %s %s\n", style.paint(output.Dim, strconv.Itoa(r.Line)+" |"), line)
}

// maxShown is how many characters of a line are shown: objects in JSON may
// stand on one line of a megabyte.
const maxShown = 240

// excerpt is a line, or the part of a long one that is about the field.
func (s Style) excerpt(line, field string) string {
	start, end := span(line, field)
	runes, before, after := []rune(line), "", ""
	if start == 0 {
		start, end = 1, 1
	}
	from, to := 0, len(runes)
	if to > maxShown {
		from = min(max(0, start-1-maxShown/4), len(runes)-maxShown)
		to = from + maxShown
		end = min(end, to+1)
		if from > 0 {
			before = "…"
		}
		if to < len(runes) {
			after = "…"
		}
	}
	field = s.paint(output.Bold, string(runes[start-1:end-1]))
	return before + string(runes[from:start-1]) + field + string(runes[end-1:to]) + after
}

func (k Known) title() string {
	return Ref{Kind: k.Kind, Namespace: k.Namespace, Name: k.Name}.Title() + " in " + FileName(k.File)
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
	text := fmt.Sprintf("%s in %s, %d with annotations of Inshore's: %s\n",
		output.Count(r.Summary.Objects, "object"), output.Count(r.files, "file"), len(r.judged), r.verdict(style))
	if left := r.leftOut(); left != "" {
		text += "Not counted: " + left + ".\n"
	}
	switch {
	case len(r.Mutations) > 0:
		text += fmt.Sprintf("Admission would fill in fields of %s: `inshore explain -f FILE` shows which and why, --fix writes them.\n", output.Count(len(r.Mutations), "object"))
	case len(r.judged) == 0 && r.Summary.Errors == 0:
		text += "Nothing here is opted in: annotate a DaemonSet and its Service with inshore.dev/node-local: required\n"
	}
	return text
}

// verdict is what was found, in a few words.
func (r *Report) verdict(style Style) string {
	if r.Summary.Errors == 0 && r.Summary.Warnings == 0 {
		return style.paint(output.Green, "no violations")
	}
	return fmt.Sprintf("%s, %s",
		style.paint(colorIf(r.Summary.Errors > 0, output.Red), output.Count(r.Summary.Errors, "error")),
		style.paint(colorIf(r.Summary.Warnings > 0, output.Yellow), output.Count(r.Summary.Warnings, "warning")))
}

// leftOut is what was found and does not count, "" for nothing.
func (r *Report) leftOut() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{len(r.Excepted), "excepted by a NodeLocalPolicy"},
		{r.Summary.Known, "known from the baseline"},
		{r.Summary.Unchanged, "in objects that did not change"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if len(r.Stale) > 0 {
		parts = append(parts, fmt.Sprintf("%d of the baseline that are no longer found", len(r.Stale)))
	}
	return strings.Join(parts, ", ")
}

func colorIf(condition bool, color output.Color) output.Color {
	if condition {
		return color
	}
	return ""
}
