package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	fixable   = "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {inshore.dev/node-local: preferred}}\nspec: {selector: {a: b}} # pods\n"
	wasFixed  = "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {inshore.dev/node-local: preferred}}\nspec: {selector: {a: b}, trafficDistribution: PreferSameNode} # pods\n"
	unfixable = "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {inshore.dev/node-local: preferred}}\nspec: &s {selector: {a: b}}\nx: *s\n"
)

func TestFixOfStandardInputGoesToStandardOutput(t *testing.T) {
	for name, test := range map[string]struct {
		stdin string
		flags []string
		code  int
		out   string
		says  string // on standard error
	}{
		"something to fix":           {fixable, []string{"--fix"}, 0, wasFixed, "standard input:1: fixed: Service default/a: spec.trafficDistribution"},
		"nothing to fix":             {wasFixed, []string{"--fix"}, 0, wasFixed, "no violations"},
		"nothing of ours":            {clean, []string{"--fix"}, 0, clean, "1 object"},
		"something wrong":            {violating, []string{"--fix"}, 1, violating, "ISH101"},
		"what cannot be read":        {"a: b: c\n", []string{"--fix"}, 1, "a: b: c\n", "ISH001"},
		"what cannot be fixed":       {unfixable, []string{"--fix"}, 1, unfixable, `its anchor &s is used again on line 5; write by hand spec.trafficDistribution: "PreferSameNode"`},
		"for an older cluster":       {fixable, []string{"--fix", "--kubernetes-version", "1.32"}, 0, strings.Replace(wasFixed, "SameNode", "Close", 1), "fixed"},
		"a diff":                     {fixable, []string{"--diff"}, 0, "--- a/stdin\n+++ b/stdin\n@@ -1,4 +1,4 @@\n apiVersion: v1\n kind: Service\n metadata: {name: a, annotations: {inshore.dev/node-local: preferred}}\n-spec: {selector: {a: b}} # pods\n+spec: {selector: {a: b}, trafficDistribution: PreferSameNode} # pods\n", "no violations"},
		"a diff of nothing":          {wasFixed, []string{"--diff"}, 0, "", "no violations"},
		"a diff where it fails":      {violating, []string{"--diff"}, 1, "", "ISH101"},
		"a diff of what must remain": {unfixable, []string{"--diff"}, 0, "", "not fixed"},
		"both":                       {fixable, []string{"--diff", "--fix"}, 2, "", "use one of the two"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, test.stdin, append(append([]string{"review"}, test.flags...), "-")...)
			if got.code != test.code || !strings.Contains(got.errOut, test.says) {
				t.Errorf("exit code %d, want %d; want %q in:\n%s", got.code, test.code, test.says, got.errOut)
			}
			if diff := cmp.Diff(test.out, got.out); diff != "" {
				t.Errorf("standard output (-want +got):\n%s", diff)
			}
		})
	}
}

// A copy of the examples, fixed: nothing that a fix can repair is left, a second
// fix changes no byte, and what git makes of the diff is the same tree.
func TestFixOfTheExamples(t *testing.T) {
	byFix, byGit := t.TempDir(), t.TempDir()
	for _, folder := range []string{byFix, byGit} {
		if err := os.CopyFS(folder, os.DirFS(examples)); err != nil {
			t.Fatal(err)
		}
	}
	good := filepath.Join(byFix, "good")
	if got := inshore(t, "", "review", "--fix", "--fail-on", "warning", good); got.code != 0 {
		t.Errorf("the good examples, fixed: exit code %d\n%s%s", got.code, got.errOut, got.out)
	}
	t.Chdir(byGit)
	diff := inshore(t, "", "review", "--diff", ".")
	gitApply(t, diff.out)
	t.Chdir(byFix)
	if got := inshore(t, "", "review", "--fix", "."); !strings.Contains(got.errOut, "fixed") {
		t.Errorf("nothing is fixed:\n%s", got.errOut)
	}
	fixedTree := tree(t, byFix)
	if diff := cmp.Diff(fixedTree, tree(t, byGit)); diff != "" {
		t.Errorf("by --fix and by git apply (-fix +git):\n%s", diff)
	}
	again := inshore(t, "", "review", "--fix", "--diff", ".")
	if diff := cmp.Diff(fixedTree, tree(t, byFix)); diff != "" || again.out != "" {
		t.Errorf("a second fix shows %q and changes (-first +second):\n%s", again.out, diff)
	}
}

func gitApply(t *testing.T, diff string) {
	t.Helper()
	command := exec.Command("git", "apply", "--whitespace=nowarn", "-")
	command.Stdin = strings.NewReader(diff)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git apply (install git): %v\n%s\n%s", err, out, diff)
	}
}

// tree is the files below a folder.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, folder)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFixWritesFilesAndReportsOnWhatTheyHoldThen(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.yaml")
	// The warning is on a line that moves.
	text := "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, annotations: {inshore.dev/node-local: required}}\nspec:\n  template:\n    metadata: {labels: {app: a}}\n    spec:\n      containers:\n      - name: a\n        readinessProbe: {}\n      volumes:\n      - name: v\n        hostPath: {path: /run/a}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := inshore(t, "", "review", "--fix", "--fail-on", "warning", file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.code != 1 || !strings.Contains(string(data), "maxSurge: 1") || !strings.Contains(got.errOut, file+":1: fixed: DaemonSet default/a: spec.updateStrategy.type") {
		t.Errorf("exit code %d, standard error %q, file\n%s", got.code, got.errOut, data)
	}
}
