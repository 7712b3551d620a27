package audit

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	return output.JSON(w, r)
}

// text writes for people.
type text struct {
	*bufio.Writer
	color bool
}

func (t text) paint(color output.Color, s string) string {
	if !t.color {
		return s
	}
	return color.Paint(s)
}

// WriteText writes the report for people, namespace by namespace.
func (r *Report) WriteText(w io.Writer, color bool) error {
	out := text{bufio.NewWriter(w), color}
	for _, namespace := range r.namespaces() {
		fmt.Fprintf(out, "%s\n\n", out.paint(output.Bold, namespace))
		for _, result := range r.Results {
			if result.Namespace == namespace {
				out.result(result)
			}
		}
		for _, excepted := range r.Excepted {
			if excepted.Namespace == namespace {
				out.excepted(excepted)
			}
		}
		for _, mutation := range r.Mutations {
			if mutation.Namespace == namespace {
				out.mutation(mutation)
			}
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintf(out, "%s %s\n", out.paint(output.Yellow, "??"), note)
	}
	out.WriteString(r.summary(out))
	// A Writer of bufio keeps its first error for Flush.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// namespaces are those with something to say about, sorted.
func (r *Report) namespaces() []string {
	var names []string
	for _, result := range r.Results {
		names = append(names, result.Namespace)
	}
	for _, excepted := range r.Excepted {
		names = append(names, excepted.Namespace)
	}
	for _, mutation := range r.Mutations {
		names = append(names, mutation.Namespace)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (t text) head(word string, r Result) {
	fmt.Fprintf(t, "  %s  %s  %s %s  %s\n", word, r.ID, r.Kind, r.Name, t.paint(output.Dim, output.Printable(r.Field)))
}

func (t text) result(r Result) {
	word := t.paint(output.Yellow, "warning")
	if r.Severity == policies.SeverityError {
		word = t.paint(output.Red, "error")
	}
	t.head(word, r)
	fmt.Fprintf(t, "    %s\n", output.Printable(r.Message))
	if r.Remedy != "" {
		fmt.Fprintf(t, "    %s %s\n", t.paint(output.Green, "Fix:"), output.Printable(r.Remedy))
	}
	t.WriteByte('\n')
}

func (t text) excepted(e Excepted) {
	t.head(t.paint(output.Dim, "excepted"), e.Result)
	fmt.Fprintf(t, "    %s\n    %s %s (NodeLocalPolicy %s)\n\n", output.Printable(e.Message),
		t.paint(output.Bold, "Until "+e.Expires.Format("2006-01-02")+" by "+output.Printable(e.Owner)+":"), output.Printable(e.Reason), e.Policy)
}

func (t text) mutation(m Mutation) {
	fmt.Fprintf(t, "  %s  %s %s\n    Admission would write %s, and has not: the object was written while no webhook answered.\n", t.paint(output.Yellow, "missed"),
		m.Kind, m.Name, strings.Join(m.Fields, ", "))
	fmt.Fprintf(t, "    %s Apply it again, or install the webhook: its audit repairs it.\n\n", t.paint(output.Green, "Fix:"))
}

func (r *Report) summary(t text) string {
	verdict := t.paint(output.Green, "no violations")
	if r.Summary.Errors+r.Summary.Warnings+r.Summary.Mutations > 0 {
		verdict = fmt.Sprintf("%s, %s, %d missed by admission", output.Count(r.Summary.Errors, "error"), output.Count(r.Summary.Warnings, "warning"), r.Summary.Mutations)
	}
	if r.Summary.Excepted > 0 {
		verdict += fmt.Sprintf(", %d excepted", r.Summary.Excepted)
	}
	return fmt.Sprintf("%s with annotations of Inshore's on Kubernetes %s: %s\n", output.Count(r.Summary.Objects, "object"), r.Kubernetes, verdict)
}
