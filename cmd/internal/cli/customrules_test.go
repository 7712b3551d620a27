package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheCommandsAboutRulesOfYourOwn runs what docs/custom-rules.md shows, in
// the page's order, with a key in place of openssl's.
func TestTheCommandsAboutRulesOfYourOwn(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "custom-rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	private, public := keyPair(t)
	work := t.TempDir()
	for name, from := range map[string]string{"examples": filepath.Join(root, "examples"), "key.pem": private, "public.pem": public} {
		if err := os.Symlink(from, filepath.Join(work, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(work)
	ran := 0
	for line := range strings.Lines(string(page)) {
		command, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "    go run ./cmd/inshore ")
		if !ok {
			continue
		}
		ran++
		if got := inshore(t, "", strings.Fields(command)...); got.code != 0 || got.errOut != "" {
			t.Errorf("%s: %+v", command, got)
		}
	}
	if ran == 0 {
		t.Error("no command found on the page: the test reads it wrongly")
	}
}
