package output_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/cmd/internal/output"
)

func TestAFileIsWrittenAsAWholeOrNotAtAll(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("target", []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", "link"); err != nil {
		t.Fatal(err)
	}
	text := func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}
	for _, name := range []string{"new", "link", os.DevNull} {
		if err := output.WriteFile(name, text); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"new", "target"} {
		if data, err := os.ReadFile(name); err != nil || !strings.Contains(string(data), "new") {
			t.Errorf("%s holds %q (%v)", name, data, err)
		}
	}
	if info, err := os.Lstat("link"); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is one no more (%v)", err)
	}
	if err := output.WriteFile("no/such/file", text); err == nil || err.Error() != "writing no/such/file: no such file or directory" {
		t.Errorf("error %v, want one that names the file", err)
	}
	// What cannot be written as a whole leaves what was there, and nothing else.
	if err := output.WriteFile("target", func(w io.Writer) error {
		return errors.Join(text(w), errors.New("no more"))
	}); err == nil || err.Error() != "writing target: no more" {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile("target"); err != nil || !strings.Contains(string(data), "new") {
		t.Errorf("target holds %q (%v)", data, err)
	}
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"link", "new", "target"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
