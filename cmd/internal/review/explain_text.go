package review

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/output"
)

// WriteText writes the explanation for people.
func (e *Explanation) WriteText(w io.Writer, style Style) error {
	var b strings.Builder
	for _, result := range e.Unread {
		fmt.Fprintf(&b, "%s  %s  %s\n  %s\n  Fix: %s\n\n", style.paint(output.Bold, fmt.Sprintf("%s:%d", FileName(result.File), result.Line)),
			style.severity(result.Severity), result.ID, output.Printable(result.Message), output.Printable(result.Remedy))
	}
	for _, object := range e.Objects {
		object.writeText(&b, style)
	}
	switch {
	case len(e.Objects) == 0:
		fmt.Fprintf(&b, "No Service and no DaemonSet among %s; Inshore acts on these two kinds only.\n", output.Count(e.others, "object"))
	case e.others > 0:
		fmt.Fprintf(&b, "Besides: %s of kinds that Inshore never changes.\n", output.Count(e.others, "object"))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the explanation: %w", err)
	}
	return nil
}

func (o *ObjectExplained) writeText(b *strings.Builder, style Style) {
	fmt.Fprintf(b, "%s  %s\n", style.paint(output.Bold, output.Printable(o.Title())), style.paint(output.Dim, fmt.Sprintf("%s:%d", FileName(o.File), o.Line)))
	if !o.asked {
		fmt.Fprintf(b, "  Not opted in: admission is never called for it. Opting in\n  %s.\n", howToOptIn[o.Kind])
		fmt.Fprintf(b, "    metadata:\n      annotations:\n        %s: %s\n\n", v1alpha1.AnnotationNodeLocal, v1alpha1.NodeLocalRequired)
		return
	}
	if o.Policy != "" {
		fmt.Fprintf(b, "  Follows NodeLocalPolicy %s\n", output.Printable(o.Policy))
	}
	b.WriteString("  Asks for\n")
	for _, key := range slices.Sorted(maps.Keys(o.Annotations)) {
		fmt.Fprintf(b, "    %s: %s\n", key, o.Annotations[key])
	}
	if len(o.Annotations) == 0 {
		b.WriteString("    nothing that is understood\n")
	}
	o.writeChanges(b, style)
	o.writeFindings(b, style)
	b.WriteByte('\n')
}

func (o *ObjectExplained) writeChanges(b *strings.Builder, style Style) {
	switch {
	case o.Refused != "":
		fmt.Fprintf(b, "  Admission leaves it alone\n    %s\n", output.Printable(o.Refused))
	case len(o.Changes) == 0:
		b.WriteString("  Admission has nothing to fill in\n")
	default:
		b.WriteString("  Admission fills in\n")
	}
	for _, change := range o.Changes {
		fmt.Fprintf(b, "    %s: %s → %s\n", output.Printable(change.Field), style.paint(output.Dim, shown(change.From)), style.paint(output.Green, shown(change.To)))
		fmt.Fprintf(b, "        %s\n", output.Printable(change.Why))
	}
	for _, warning := range o.Warnings {
		fmt.Fprintf(b, "  %s %s\n", style.paint(output.Yellow, "Warning:"), output.Printable(warning))
	}
}

func (o *ObjectExplained) writeFindings(b *strings.Builder, style Style) {
	switch {
	case len(o.Results) > 0:
		b.WriteString("  The rules say\n")
	case len(o.Excepted) == 0:
		b.WriteString("  The rules have no objection\n")
	}
	for _, result := range o.Results {
		fmt.Fprintf(b, "    %s %s, line %d: %s\n", style.severity(result.Severity), result.ID, result.Line, output.Printable(result.Message))
		fmt.Fprintf(b, "        %s %s\n", style.paint(output.Green, "Fix:"), output.Printable(result.Remedy))
	}
	if len(o.Excepted) > 0 {
		b.WriteString("  The rules would say, but for exceptions\n")
	}
	for _, e := range o.Excepted {
		excepted := ExceptedResult{Exception: e.Exception, Policy: e.Policy}
		fmt.Fprintf(b, "    %s, line %d: %s\n", output.Printable(e.ID), e.Line, output.Printable(e.Message))
		fmt.Fprintf(b, "        %s: %s\n", excepted.until(), excepted.why())
	}
}

// shown is a JSON value as a reader of YAML expects it.
func shown(value json.RawMessage) string {
	if len(value) == 0 {
		return "not set"
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return output.Printable(text)
	}
	return output.Printable(string(value))
}
