package policy

import (
	"fmt"
	"io"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies/ruletest"
)

// TestText says how the text about tests is written.
type TestText struct {
	// Verbose shows the tests that pass, too, with what they print.
	Verbose bool
	// Coverage shows which lines no test evaluates.
	Coverage bool
}

// Write writes a report for people.
func (t TestText) Write(w io.Writer, report *ruletest.Report) error {
	var b strings.Builder
	for _, result := range report.Results {
		if result.Outcome == ruletest.Passed && !t.Verbose {
			continue
		}
		fmt.Fprintf(&b, "%-5s %s:%d  %s.%s", strings.ToUpper(string(result.Outcome)), result.File, result.Line, result.Package, result.Name)
		if t.Verbose {
			fmt.Fprintf(&b, " (%.1f ms)", result.Milliseconds)
		}
		b.WriteString("\n")
		for _, text := range []string{result.Message, result.Output} {
			for line := range strings.Lines(strings.TrimSpace(text)) {
				fmt.Fprintf(&b, "        %s\n", strings.TrimRight(line, "\n"))
			}
		}
	}
	if t.Coverage {
		for _, lines := range report.Uncovered {
			fmt.Fprintf(&b, "not covered  %s:%d", lines.File, lines.From)
			if lines.To != lines.From {
				fmt.Fprintf(&b, "-%d", lines.To)
			}
			b.WriteString("\n")
		}
	}
	s := report.Summary
	fmt.Fprintf(&b, "%d of %d tests pass", s.Passed, s.Tests)
	if s.Skipped > 0 {
		fmt.Fprintf(&b, ", %d skipped", s.Skipped)
	}
	if t.Coverage {
		fmt.Fprintf(&b, "; they cover %.1f %%", s.Coverage)
	}
	b.WriteString("\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// WriteTestJSON writes a report for programs.
func WriteTestJSON(w io.Writer, report *ruletest.Report) error { return output.JSON(w, report) }
