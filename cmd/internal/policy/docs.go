package policy

import (
	"fmt"
	"io"
	"strings"

	"github.com/inshore-dev/inshore/policies"
)

// WriteDocs writes what METADATA says of rules as Markdown, for the page that
// people are sent to when a rule stops them.
func WriteDocs(w io.Writer, rules []policies.Rule) error {
	var b strings.Builder
	b.WriteString("# Rules\n\nAn *error* refuses the object, a *warning* is shown and lets it pass. " +
		"In messages, words in braces stand for values of the object.\n")
	b.WriteString("\n| id | severity | judges | what is wrong |\n|---|---|---|---|\n")
	for _, rule := range rules {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n",
			rule.ID, strings.ToLower(rule.ID), rule.Severity, kinds(rule), cell(rule.Title))
	}
	for _, rule := range rules {
		fmt.Fprintf(&b, "\n<a id=%q></a>\n\n## %s: %s\n\n*%s, judges %s*\n",
			strings.ToLower(rule.ID), rule.ID, rule.Title, rule.Severity, kinds(rule))
		if rule.Description != "" {
			fmt.Fprintf(&b, "\n%s\n", rule.Description)
		}
		fmt.Fprintf(&b, "\n**Message:** %s\n\n**Remedy:** %s\n", rule.Message, rule.Remedy)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the documentation: %w", err)
	}
	return nil
}

// cell keeps a text from ending its cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
