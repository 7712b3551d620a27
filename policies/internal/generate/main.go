// Command generate writes what is generated from the rules. `go generate
// ./policies` runs it in the policies folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/inshore-dev/inshore/policies/internal/reference"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate() error {
	files, err := reference.Files(os.DirFS("."))
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}
