package bench

import (
	"fmt"
	"io"
	"os"
)

// Writer is a report for people and for programs: that of this package, and that
// of e2e/bench/review.
type Writer interface {
	WriteJSON(io.Writer) error
	WriteText(io.Writer) error
}

// Write writes a report to w as the output says, text or json, and as JSON to a
// file too unless its name is empty.
func Write(w io.Writer, report Writer, output, file string) error {
	if file != "" {
		out, err := os.Create(file)
		if err != nil {
			return fmt.Errorf("create the report's file: %w", err)
		}
		if err := report.WriteJSON(out); err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return fmt.Errorf("write the report's file: %w", err)
		}
	}
	if output == "json" {
		return report.WriteJSON(w)
	}
	return report.WriteText(w)
}
