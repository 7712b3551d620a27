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

func TestTwoFoldersOfRulesMayHaveFilesOfOneName(t *testing.T) {
	one, two := begin(t), begin(t)
	change(t, two, "ACME001", "ACME002")
	change(t, two, "package acme.team_label", "package acme.other_label")
	if err := os.Remove(filepath.Join(two, "team_label", "team_label_test.rego")); err != nil {
		t.Fatal(err)
	}
	plain := strings.Replace(violating, "clusterIP: None, ", "", 1)
	got := inshore(t, plain, "review", "--policy", one, "--policy", two, "-")
	if got.code != 0 || !strings.Contains(got.out, "ACME001") || !strings.Contains(got.out, "ACME002") {
		t.Errorf("%+v", got)
	}
	change(t, two, "_label :=", "_labl :=")
	if got := inshore(t, plain, "review", "--policy", one, "--policy", two, "-"); got.code != 2 || !strings.Contains(got.errOut, filepath.Join(two, "team_label", "team_label.rego")+":") {
		t.Errorf("the folder is not named: %+v", got)
	}
}

func TestAReviewJudgesByABundleToo(t *testing.T) {
	packed := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if got := inshore(t, "", "policy", "build", begin(t), "-o", packed); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	plain := strings.Replace(violating, "clusterIP: None, ", "", 1)
	if got := inshore(t, plain, "review", "--policy", packed, "-"); got.code != 0 || !strings.Contains(got.out, "ACME001") {
		t.Errorf("%+v", got)
	}
}
