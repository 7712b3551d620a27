package review

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// maxMarkdown is what GitHub accepts as the body of a comment. It counts
// characters and we count bytes, which are never fewer.
const maxMarkdown = 65536

// The table may take its share of that and leaves the rest to the details; one
// text may not take everything.
const (
	maxMarkdownTable = maxMarkdown / 3
	maxMarkdownTail  = 1024
	maxMarkdownText  = 4096
)

// WriteMarkdown writes the report for the comment on a pull request: a table of
// what was found, and of each finding what comes of it and what to do, folded.
// What does not fit into a comment is counted; errors come first.
func (r *Report) WriteMarkdown(w io.Writer, rules []policies.Rule) error {
	titles := make(map[string]string, len(rules))
	for _, rule := range rules {
		titles[rule.ID] = rule.Title
	}
	var b strings.Builder
	fmt.Fprintf(&b, "### Inshore: %s\n\n", r.verdict(Style{}))
	r.writeMarkdownTable(&b, titles)
	r.writeMarkdownDetails(&b)
	r.writeMarkdownExcepted(&b)
	for line := range strings.Lines(r.summary(Style{})) {
		fmt.Fprintf(&b, "\n%s\n", markdownText(line))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing markdown: %w", err)
	}
	return nil
}

func (r *Report) writeMarkdownTable(b *strings.Builder, titles map[string]string) {
	if len(r.Results) == 0 {
		return
	}
	b.WriteString("| | rule | object | where |\n|---|---|---|---|\n")
	for i, result := range severityFirst(r.Results) {
		row := fmt.Sprintf("| %s **%s** | %s %s | %s | %s |\n", sign(result.Severity), result.Severity,
			markdownText(result.ID), markdownText(titles[result.ID]), markdownText(result.title()), markdownCode(result.place()))
		if b.Len()+len(row) > maxMarkdownTable {
			fmt.Fprintf(b, "\n%s more in the full report.\n", output.Count(len(r.Results)-i, "result"))
			break
		}
		b.WriteString(row)
	}
	b.WriteByte('\n')
}

func sign(severity policies.Severity) string {
	if severity == policies.SeverityError {
		return "❌"
	}
	return "⚠️"
}

func (r *Report) writeMarkdownDetails(b *strings.Builder) {
	for i, result := range severityFirst(r.Results) {
		detail := fmt.Sprintf("<details><summary>%s %s, <code>%s</code></summary>\n\n%s\n\n**Fix:** %s\n\n</details>\n",
			escapeHTML.Replace(result.ID), markdownHTML(result.title()), markdownHTML(result.place()),
			markdownText(result.Message), markdownText(result.Remedy))
		if b.Len()+len(detail) > maxMarkdown-maxMarkdownTail {
			fmt.Fprintf(b, "\nThe details of %s did not fit here.\n", output.Count(len(r.Results)-i, "result"))
			return
		}
		b.WriteString(detail)
	}
}

func (r *Report) writeMarkdownExcepted(b *strings.Builder) {
	if len(r.Excepted) > 0 {
		b.WriteString("\nExcepted by a NodeLocalPolicy:\n\n")
	}
	for i, excepted := range r.Excepted {
		line := fmt.Sprintf("- %s %s, %s: %s: %s\n", markdownText(excepted.ID), markdownText(excepted.title()),
			markdownCode(excepted.place()), markdownText(excepted.until()), markdownText(excepted.why()))
		if b.Len()+len(line) > maxMarkdown-maxMarkdownTail {
			fmt.Fprintf(b, "\n%s more excepted.\n", output.Count(len(r.Excepted)-i, "result"))
			return
		}
		b.WriteString(line)
	}
}

// markdownText keeps text from being read as markup: a manifest must not put
// links, tables or mentions into a comment.
func markdownText(text string) string { return escapeMarkdown.Replace(bounded(oneLine(text))) }

// markdownHTML is the same inside an HTML element.
func markdownHTML(text string) string { return escapeHTML.Replace(bounded(oneLine(text))) }

// markdownCode is text as code, with a fence longer than any in it. A table
// ends its cell at a bar even in code.
func markdownCode(text string) string {
	text = strings.ReplaceAll(bounded(oneLine(text)), "|", `\|`)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		text = " " + text + " "
	}
	return fence + text + fence
}

// bounded cuts what no reader would read to its end.
func bounded(text string) string {
	if len(text) <= maxMarkdownText {
		return text
	}
	end := maxMarkdownText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// A zero-width space keeps @name and #1 from being made into links to people
// and issues, which a backslash does not.
const apart = "\u200b"

var (
	escapeMarkdown = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
		"<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "~", `\~`, "@", "@"+apart, "#", "#"+apart, "://", ":"+apart+"//")
	escapeHTML = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "@", "@"+apart, "#", "#"+apart, "`", "&#96;", "*", "&#42;", "_", "&#95;")
)
