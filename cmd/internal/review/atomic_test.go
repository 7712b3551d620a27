package review

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, map[string]string{"target": "old"})
	if err := os.Symlink("target", "link"); err != nil {
		t.Fatal(err)
	}
	b := &Baseline{Version: "v1"}
	for _, name := range []string{"new", "link", os.DevNull} {
		if err := WriteFile(name, b.Write); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"new", "target"} {
		if data, err := os.ReadFile(name); err != nil || !strings.Contains(string(data), "v1") {
			t.Errorf("%s holds %q (%v)", name, data, err)
		}
	}
	if info, err := os.Lstat("link"); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is one no more (%v)", err)
	}
	if err := WriteFile("no/such/file", b.Write); err == nil || err.Error() != "writing no/such/file: no such file or directory" {
		t.Errorf("error %v, want one that names the file", err)
	}
	// What cannot be written as a whole leaves what was there, and nothing else.
	if err := WriteFile("target", (&Report{Results: []Result{{}}, Mutations: []Mutation{{Patch: []byte("{")}}}).WriteJSON); err == nil {
		t.Error("no error")
	}
	if data, err := os.ReadFile("target"); err != nil || !strings.Contains(string(data), "v1") {
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
