package review

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unchangedHistory is one in which nothing changed.
type unchangedHistory struct{}

func (unchangedHistory) Former(context.Context, string) ([]byte, bool, bool, error) {
	return nil, true, true, nil
}
func (unchangedHistory) Current(string) ([]byte, error) { return nil, errors.New("not to be asked") }

// brokenHistory cannot be read.
type brokenHistory struct{ unchangedHistory }

func (brokenHistory) Former(context.Context, string) ([]byte, bool, bool, error) {
	return nil, false, false, errors.New("bad object")
}

func headless(name string) string {
	return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", annotations: {inshore.dev/node-local: required}}\n" +
		"spec: {clusterIP: None, selector: {app: " + name + "}}\n"
}

// repository is a git repository with one commit, which is the working folder.
func repository(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	// Nobody's configuration but this.
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	git(t, "init", "--quiet", "--initial-branch=main")
	write(t, files)
	commit(t)
}

func git(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)
	if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func commit(t *testing.T) {
	t.Helper()
	git(t, "add", "--all")
	git(t, "commit", "--quiet", "--message=x")
}

func write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// changedSince are the names of the objects with results that are left.
func changedSince(t *testing.T, revision string, paths ...string) (names []string, unchanged int) {
	t.Helper()
	outcome, err := Run(t.Context(), config(t), paths)
	if err != nil {
		t.Fatal(err)
	}
	history, err := OpenGit(t.Context(), revision, paths[0])
	if err != nil {
		t.Fatal(err)
	}
	report := outcome.Report()
	if err := report.KeepChanged(t.Context(), history); err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		names = append(names, result.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), report.Summary.Unchanged
}

func TestSinceKeepsWhatChanged(t *testing.T) {
	two := headless("a") + "---\n" + headless("b")
	for name, test := range map[string]struct {
		before map[string]string
		change func(t *testing.T)
		want   []string
	}{
		"nothing changed": {map[string]string{"x.yaml": two}, func(*testing.T) {}, nil},
		"one object of a file changed": {map[string]string{"x.yaml": two},
			func(t *testing.T) {
				write(t, map[string]string{"x.yaml": strings.Replace(two, "{app: b}", "{app: b, tier: c}", 1)})
			}, []string{"b"}},
		"the last line of an object went": {map[string]string{"x.yaml": headless("a") + "  \n---\n" + headless("b") + "status: {}\n"},
			func(t *testing.T) { write(t, map[string]string{"x.yaml": two}) }, []string{"b"}},
		"objects changed places": {map[string]string{"x.yaml": two},
			func(t *testing.T) { write(t, map[string]string{"x.yaml": headless("b") + "---\n" + headless("a")}) }, nil},
		"a comment was put in front": {map[string]string{"x.yaml": two},
			func(t *testing.T) { write(t, map[string]string{"x.yaml": "# why\n" + two}) }, nil},
		"an object was put in front": {map[string]string{"x.yaml": two},
			func(t *testing.T) { write(t, map[string]string{"x.yaml": headless("c") + "---\n" + two}) }, []string{"c"}},
		"the object in front went": {map[string]string{"x.yaml": two},
			func(t *testing.T) { write(t, map[string]string{"x.yaml": headless("b")}) }, nil},
		"an object was copied": {map[string]string{"x.yaml": two},
			func(t *testing.T) { write(t, map[string]string{"x.yaml": two + "---\n" + headless("a")}) }, []string{"a"}},
		"a file that git does not know yet": {map[string]string{"x.yaml": two},
			func(t *testing.T) { write(t, map[string]string{"deep/new file é.yaml": headless("c")}) }, []string{"c"}},
		"a file that was added": {map[string]string{"x.yaml": two},
			func(t *testing.T) {
				write(t, map[string]string{"y.yaml": headless("c")})
				git(t, "add", "y.yaml")
			}, []string{"c"}},
		"a file that git ignores": {map[string]string{"x.yaml": two, ".gitignore": "y.yaml\n"},
			func(t *testing.T) { write(t, map[string]string{"y.yaml": headless("c")}) }, []string{"c"}},
		"a file that was renamed and changed": {map[string]string{"x.yaml": two + strings.Repeat("# the same as before\n", 20)},
			func(t *testing.T) {
				git(t, "mv", "x.yaml", "é y.yaml")
				write(t, map[string]string{"é y.yaml": headless("a") + "---\n" + strings.Replace(headless("b"), "None", `"None"`, 1) + "---\n" + headless("c") + strings.Repeat("# the same as before\n", 20)})
			}, []string{"c"}},
		"a file that could not be read before": {map[string]string{"x.yaml": "a: b: c\n"},
			func(t *testing.T) { write(t, map[string]string{"x.yaml": headless("a")}) }, []string{"a"}},
		"a file that cannot be read, now as before": {map[string]string{"x.yaml": two, "y.yaml": "a: b: c\n"},
			func(*testing.T) {}, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			repository(t, test.before)
			test.change(t)
			got, unchanged := changedSince(t, "HEAD", ".")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("objects with results (-want +got):\n%s", diff)
			}
			commit := func() { git(t, "add", "--all"); git(t, "commit", "--quiet", "--allow-empty", "--message=y") }
			commit()
			if again, left := changedSince(t, "HEAD~1", "."); !slices.Equal(again, got) || left != unchanged {
				t.Errorf("once committed: %v, %d left out; before %v, %d", again, left, got, unchanged)
			}
		})
	}
}

func TestSinceIgnoresWhatOthersDid(t *testing.T) {
	repository(t, map[string]string{"x.yaml": headless("a"), "y.yaml": headless("b")})
	git(t, "checkout", "--quiet", "-b", "topic")
	write(t, map[string]string{"x.yaml": strings.Replace(headless("a"), "{app: a}", "{app: c}", 1)})
	commit(t)
	git(t, "checkout", "--quiet", "main")
	write(t, map[string]string{"y.yaml": strings.Replace(headless("b"), "{app: b}", "{app: c}", 1)})
	commit(t)
	git(t, "checkout", "--quiet", "topic")
	if got, _ := changedSince(t, "main", "."); !slices.Equal(got, []string{"a"}) {
		t.Errorf("changed since main: %v, want a alone", got)
	}
}

// Hooks run with git's own variables, and reviews start in any folder.
func TestSinceFromElsewhere(t *testing.T) {
	repository(t, map[string]string{"k8s/x.yaml": headless("a"), "other/y.yaml": headless("b")})
	write(t, map[string]string{"k8s/x.yaml": strings.Replace(headless("a"), "{app: a}", "{app: c}", 1)})
	top, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_DIR", filepath.Join(top, ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(top, "no-such-index"))
	t.Chdir("other")
	if got, _ := changedSince(t, "HEAD", "../k8s/x.yaml", "."); !slices.Equal(got, []string{"a"}) {
		t.Errorf("changed: %v, want a", got)
	}
}

func TestSinceInAWorktree(t *testing.T) {
	repository(t, map[string]string{"x.yaml": headless("a"), "y.yaml": headless("b")})
	other := filepath.Join(t.TempDir(), "other")
	git(t, "worktree", "add", "--quiet", other)
	t.Chdir(other)
	write(t, map[string]string{"x.yaml": strings.Replace(headless("a"), "{app: a}", "{app: c}", 1)})
	if got, _ := changedSince(t, "main", "."); !slices.Equal(got, []string{"a"}) {
		t.Errorf("changed: %v, want a", got)
	}
}

// CI checks out the last commit alone.
func TestSinceInAShallowClone(t *testing.T) {
	repository(t, map[string]string{"x.yaml": headless("a")})
	write(t, map[string]string{"y.yaml": headless("b")})
	commit(t)
	top, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, "clone", "--quiet", "--depth=1", "file://"+top, clone)
	t.Chdir(clone)
	if _, err := OpenGit(t.Context(), "HEAD~1", "."); err == nil || !strings.Contains(err.Error(), "fetch-depth: 0") {
		t.Errorf("OpenGit: %v, want what to do about it", err)
	}
	git(t, "fetch", "--quiet", "--unshallow")
	if got, _ := changedSince(t, "HEAD~1", "."); !slices.Equal(got, []string{"b"}) {
		t.Errorf("changed: %v, want b", got)
	}
}

func TestSinceSaysWhatIsWrong(t *testing.T) {
	repository(t, map[string]string{"x.yaml": headless("a")})
	git(t, "checkout", "--quiet", "--orphan", "apart")
	git(t, "commit", "--quiet", "--message=z")
	for name, test := range map[string]struct {
		revision, path string
		elsewhere      bool
		want           string
	}{
		"a revision that there is not": {"nope", "x.yaml", false, `git knows no revision "nope"`},
		"a revision like a flag":       {"--all", "x.yaml", false, `git knows no revision "--all"`},
		"no commit in common":          {"main", "x.yaml", false, "no commit in common"},
		"no repository":                {"HEAD", ".", true, "not in a git repository"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.elsewhere {
				t.Chdir(t.TempDir())
			}
			if _, err := OpenGit(t.Context(), test.revision, test.path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("OpenGit: %v, want %q", err, test.want)
			}
		})
	}
	t.Run("a file in no repository", func(t *testing.T) {
		history, err := OpenGit(t.Context(), "HEAD", "x.yaml")
		if err != nil {
			t.Fatal(err)
		}
		outside := filepath.Join(t.TempDir(), "y.yaml")
		write(t, map[string]string{outside: headless("b")})
		if _, _, _, err := history.Former(t.Context(), outside); err == nil || !strings.Contains(err.Error(), "one repository at a time") {
			t.Errorf("Former: %v", err)
		}
	})
	t.Run("no git", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := OpenGit(t.Context(), "HEAD", "x.yaml"); err == nil || !strings.Contains(err.Error(), "apt-get install git") {
			t.Errorf("OpenGit: %v, want what to install", err)
		}
	})
	t.Run("a history that cannot be read", func(t *testing.T) {
		outcome, err := Run(t.Context(), config(t), []string{"x.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		if err := outcome.Report().KeepChanged(t.Context(), brokenHistory{}); err == nil {
			t.Error("no error")
		}
	})
}
