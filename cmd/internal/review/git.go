package review

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Git is the history of the files in one repository since it had the given
// revision. It runs git, so it sees what the user's git sees.
type Git struct {
	// top is the working tree's folder, without symbolic links.
	top string
	// base is the commit that files are compared with.
	base string
	// former maps files that changed since to their names then, "" for new ones.
	former map[string]string
	// tracked are the files of base.
	tracked map[string]bool
}

var _ History = (*Git)(nil)

// OpenGit finds the repository that the path lies in, and in it the commit at
// which HEAD left the revision: what others did to it since is nobody's change
// here. An error says what to do about it.
func OpenGit(ctx context.Context, revision, path string) (*Git, error) {
	folder := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		folder = filepath.Dir(path)
	}
	top, err := runGit(ctx, folder, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("%s is not in a git repository that can be read: %w", path, err)
	}
	g := &Git{top: lineOf(top)}
	if g.top, err = filepath.EvalSymlinks(g.top); err != nil {
		return nil, fmt.Errorf("finding the git repository: %w", err)
	}
	commit, err := runGit(ctx, g.top, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("git knows no revision %q; in a clone without history fetch it first (git fetch origin BRANCH, or fetch-depth: 0 where CI checks out)", revision)
	}
	base, err := runGit(ctx, g.top, "merge-base", lineOf(commit), "HEAD")
	if err != nil {
		return nil, fmt.Errorf("HEAD and %q have no commit in common; a clone without history needs git fetch --unshallow", revision)
	}
	g.base = lineOf(base)
	return g, g.list(ctx)
}

// list reads which files there were and which changed, staged or not.
func (g *Git) list(ctx context.Context) error {
	changed, err := runGit(ctx, g.top, "diff", "--name-status", "-z", "--find-renames", "--no-ext-diff", "--ignore-submodules", g.base, "--")
	if err != nil {
		return fmt.Errorf("listing what changed since %.12s: %w", g.base, err)
	}
	g.former = parseNameStatus(changed)
	all, err := runGit(ctx, g.top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", g.base)
	if err != nil {
		return fmt.Errorf("listing the files of %.12s: %w", g.base, err)
	}
	g.tracked = map[string]bool{}
	for name := range bytes.SplitSeq(all, []byte{0}) {
		g.tracked[string(name)] = true
	}
	return nil
}

// parseNameStatus reads `git diff --name-status -z`: a letter, then a name, or
// two of what was renamed or copied, each with a NUL behind it.
func parseNameStatus(out []byte) map[string]string {
	former := map[string]string{}
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		name, was := fields[i+1], fields[i+1]
		switch {
		case strings.HasPrefix(fields[i], "A"):
			was = ""
		case strings.HasPrefix(fields[i], "R") || strings.HasPrefix(fields[i], "C"):
			if i+2 < len(fields) {
				name = fields[i+2]
				i++
			}
		}
		former[name] = was
	}
	return former
}

// Former implements [History].
func (g *Git) Former(ctx context.Context, file string) (data []byte, known, same bool, err error) {
	name, err := g.name(file)
	if err != nil {
		return nil, false, false, err
	}
	was, changed := g.former[name]
	if !changed {
		return nil, false, g.tracked[name], nil
	}
	if was == "" {
		return nil, false, false, nil
	}
	if data, err = runGit(ctx, g.top, "cat-file", "blob", g.base+":"+was); err != nil {
		return nil, false, false, fmt.Errorf("reading %s as it was: %w", was, err)
	}
	return data, true, false, nil
}

// Current implements [History].
func (g *Git) Current(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading what changed: %w", err)
	}
	return data, nil
}

// name is a file as git names it, from the top and with slashes.
func (g *Git) name(file string) (string, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", file, err)
	}
	// What a link leads to is what is reviewed.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("finding %s: %w", file, err)
	}
	inside, err := filepath.Rel(g.top, path)
	if err != nil || !filepath.IsLocal(inside) {
		return "", fmt.Errorf("%s is not in the git repository %s; review the files of one repository at a time", file, g.top)
	}
	return filepath.ToSlash(inside), nil
}

// runGit runs git in a folder and returns what it writes. Its complaint is part
// of the error.
func runGit(ctx context.Context, folder string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...)
	command.Env = gitEnvironment(os.Environ())
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("git is not installed; install it (on Debian: apt-get install git)")
	case err != nil && complaint.Len() > 0:
		return nil, errors.New(strings.TrimSpace(complaint.String()))
	case err != nil:
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	}
	return out, nil
}

// gitEnvironment lets git find the repository by the folder: in a hook, git names
// the one that it runs the hook for. Reading must not wait for a lock, nor answer
// in another language.
func gitEnvironment(environment []string) []string {
	environment = slices.DeleteFunc(slices.Clone(environment), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"}, name)
	})
	return append(environment, "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
}

// lineOf is output without its line break.
func lineOf(out []byte) string { return strings.TrimRight(string(out), "\r\n") }
