package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Tree is what the paths on a command line stand for.
type Tree struct {
	// Files are the manifests in the order of their names, each once.
	Files []string
	// Problems are folders that cannot be listed and Helm charts, whose
	// templates are not manifests until Helm has rendered them.
	Problems []Problem
}

// Find walks the paths: a file is taken whatever its name, a folder gives every
// *.yaml, *.yml and *.json below it but those in hidden folders, [Stdin] is
// taken as it is. An error means that a path cannot be reviewed at all: it does
// not exist, or is itself a Helm chart. All such paths are in the one error.
func Find(paths []string) (Tree, error) {
	var tree Tree
	var errs []error
	for _, path := range paths {
		if path == Stdin {
			tree.Files = append(tree.Files, path)
			continue
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			errs = append(errs, fmt.Errorf("%s: no such file or folder", path))
		case err != nil:
			errs = append(errs, fmt.Errorf("reading %s: %w", path, err))
		case !info.IsDir():
			tree.Files = append(tree.Files, filepath.Clean(path))
		case isChart(path):
			errs = append(errs, fmt.Errorf("%s is a Helm chart: render it first, `helm template %s | inshore review -`", path, path))
		default:
			tree.walk(filepath.Clean(path) + string(filepath.Separator))
		}
	}
	slices.Sort(tree.Files)
	tree.Files = slices.Compact(tree.Files)
	return tree, errors.Join(errs...)
}

// walk adds what is below root, which ends in a separator so that a symbolic
// link to a folder is followed. A folder that cannot be listed is a problem
// and the walk goes on.
func (t *Tree) walk(root string) {
	// The function never returns an error but SkipDir, so neither does WalkDir.
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			t.Problems = append(t.Problems, unreadable(path, err))
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
		case path == root:
		case hidden(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir():
			if entry.Name() == "templates" && isChart(filepath.Dir(path)) {
				t.Problems = append(t.Problems, chartProblem(filepath.Dir(path)))
				return fs.SkipDir
			}
		case isManifest(path) && (entry.Type().IsRegular() || entry.Type()&fs.ModeSymlink != 0):
			t.Files = append(t.Files, path)
		}
		return nil
	})
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func isManifest(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// isChart reports whether a folder is a Helm chart: Helm itself goes by
// Chart.yaml.
func isChart(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "Chart.yaml"))
	return err == nil
}

func chartProblem(chart string) Problem {
	return Problem{
		File:    filepath.Join(chart, "Chart.yaml"),
		Line:    1,
		Message: "a Helm chart: its templates are not manifests until they are rendered, and were not reviewed",
		Remedy:  fmt.Sprintf("helm template %s | inshore review -", chart),
		Foreign: true,
	}
}

func unreadable(path string, err error) Problem {
	// The path is in the problem already; *fs.PathError would say it twice.
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		err = pathError.Err
	}
	return Problem{
		File: path, Line: 1,
		Message: fmt.Sprintf("cannot be read: %v", err),
		Remedy:  "make it readable, or leave it out of the paths under review",
	}
}
