package review

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes the report for programs. It writes entry by entry: the whole
// of a large report would take several times its size in memory.
func (r *Report) WriteJSON(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "{\n  \"version\": %q,\n  \"summary\": ", r.Version)
	if err := writeEntry(out, r.Summary, "  "); err != nil {
		return err
	}
	if err := writeList(out, "results", r.Results); err != nil {
		return err
	}
	if err := writeList(out, "mutations", r.Mutations); err != nil {
		return err
	}
	if err := writeList(out, "excepted", r.Excepted); err != nil {
		return err
	}
	if r.Stale != nil {
		if err := writeList(out, "stale", r.Stale); err != nil {
			return err
		}
	}
	out.WriteString("\n}\n")
	// A Writer of bufio keeps its first error for Flush.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// writeList writes a further member of the report's object.
func writeList[T any](out *bufio.Writer, name string, entries []T) error {
	fmt.Fprintf(out, ",\n  %q: [", name)
	for i, entry := range entries {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n    ")
		if err := writeEntry(out, entry, "    "); err != nil {
			return err
		}
	}
	if len(entries) > 0 {
		out.WriteString("\n  ")
	}
	out.WriteByte(']')
	return nil
}

// writeEntry writes one value whose further lines are indented.
func writeEntry(out *bufio.Writer, entry any, indent string) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent(indent, "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(entry); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	out.Write(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
	return nil
}
