package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderOfRegoWithoutARuleIsRefused(t *testing.T) {
	folder := t.TempDir()
	// Named as conftest wants it.
	if err := os.WriteFile(filepath.Join(folder, "main.rego"), []byte("package main\n\ndeny contains \"no\" if input.object.kind == \"Service\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := inshore(t, clean, "review", "--policy", folder, "-")
	if got.code != exitFailed || !strings.Contains(got.errOut, "no rule in it") {
		t.Errorf("exit %d, %q", got.code, got.errOut)
	}
}
