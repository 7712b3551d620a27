package output

import (
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes a value as indented JSON, in which < and & are themselves.
func JSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}
