package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// BuildGo builds a program of this repository as one static binary and returns where it is. The package is
// named as for go build, from the repository's root: "./cmd/inshore-webhook".
func BuildGo(ctx context.Context, pkg string) (string, error) {
	return BuildGoWith(ctx, pkg, nil)
}

// BuildGoWith is [BuildGo] with string variables of the program set, by their full names, as a release build
// does (-ldflags -X). Each set of values is a program of its own.
func BuildGoWith(ctx context.Context, pkg string, variables map[string]string) (string, error) {
	p := &progress{out: os.Stderr}
	root, err := Root()
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	// Checkouts do not share their programs: both may be under test at once.
	place := sha256.Sum256([]byte(path.Join(root, pkg) + fmt.Sprint(variables)))
	binary := filepath.Join(cache, "bin", fmt.Sprintf("%x", place[:6]), path.Base(pkg))
	unlock, err := lockFile(ctx, filepath.Dir(binary)+".lock", p)
	if err != nil {
		return "", err
	}
	defer unlock()
	// Beside the binary and then renamed: the one before may be running.
	fresh := binary + ".new"
	err = p.during("building "+pkg, func() error {
		return goBuild(ctx, root, "-trimpath", "-ldflags", linkerFlags(variables), "-o", fresh, pkg)
	})
	if err != nil {
		return "", err
	}
	if err := os.Rename(fresh, binary); err != nil {
		return "", fmt.Errorf("put %s in place: %w", binary, err)
	}
	return binary, nil
}

func linkerFlags(variables map[string]string) string {
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		flags = append(flags, "-X "+name+"="+variables[name])
	}
	return strings.Join(flags, " ")
}

// harnessProgram is a program of the harness's own. Unlike a product's, which BuildGo builds whenever it is
// asked for, it is only built when its sources change.
type harnessProgram struct {
	pkg string
	// folders hold all its sources.
	folders []string
}

var (
	labinitProgram = harnessProgram{pkg: "./e2e/cmd/labinit", folders: []string{"e2e/cmd/labinit", "e2e/machine"}}
	pauseProgram   = harnessProgram{pkg: "./e2e/images/pause", folders: []string{"e2e/images/pause"}}
)

func (h harnessProgram) build(ctx context.Context, root string, p *progress) (string, error) {
	var folders []string
	for _, folder := range h.folders {
		folders = append(folders, filepath.Join(root, folder))
	}
	hash, err := hashSources(h.pkg, folders...)
	if err != nil {
		return "", fmt.Errorf("hash the sources of %s: %w", h.pkg, err)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	name := path.Base(h.pkg)
	dir := filepath.Join(cache, "build", name+"-"+hash)
	err = cached(ctx, dir, p, func(dir string) error {
		return p.during("building "+name, func() error {
			return goBuild(ctx, root, "-trimpath", "-o", filepath.Join(dir, name), h.pkg)
		})
	})
	return filepath.Join(dir, name), err
}

// hashSources hashes the Go files and module files of some folders, with the compiler and how it is used.
func hashSources(how string, folders ...string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOARCH, how)
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return "", err
		}
		for _, entry := range entries {
			name := entry.Name()
			if strings.HasSuffix(name, "_test.go") || (filepath.Ext(name) != ".go" && name != "go.mod" && name != "go.sum") {
				continue
			}
			source, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				return "", err
			}
			fmt.Fprintln(sum, name, len(source))
			sum.Write(source)
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil))[:12], nil
}

func goBuild(ctx context.Context, dir string, args ...string) error {
	build := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...)
	build.Dir = dir
	build.Env = buildEnv()
	var complaints bytes.Buffer
	build.Stderr = &complaints
	if err := build.Run(); err != nil {
		return fmt.Errorf("build %s in %s: %w\n%s", args[len(args)-1], dir, err, tail(complaints.Bytes()))
	}
	return nil
}

// buildEnv makes binaries static, and modules those of the folder that is built in.
func buildEnv() []string { return append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off") }

var ourModule = regexp.MustCompile(`(?m)^module github\.com/inshore-dev/inshore$`)

// Root returns the root of the checkout. It is found upwards of the working folder, which for a test is its package's.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && ourModule.Match(gomod) {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", errors.New("run from within the repository: the harness builds the programs it needs from their sources")
	}
}

// tail returns what a person wants of a program's output when it failed.
func tail(output []byte) string {
	const most = 20
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return strings.Join(lines, "\n")
}
