package agent

import (
	"encoding/json"
	"fmt"
	"io"
)

// write writes an answer as -o says: value as JSON, or text.
func write(out io.Writer, output string, value any, text func(io.Writer) error) error {
	switch output {
	case "text":
		if err := text(out); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	case "json":
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(value); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	default:
		return fmt.Errorf("--output is %q: use text or json", output)
	}
	return nil
}
