package review

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// realPaths are paths with their symbolic links followed, absolute.
func realPaths(paths []string) []string {
	var real []string
	for _, path := range paths {
		if followed, err := filepath.EvalSymlinks(path); err == nil {
			path = followed
		}
		if absolute, err := filepath.Abs(path); err == nil {
			real = append(real, absolute)
		}
	}
	return real
}

// resolve is the file that a path leads to. A link that was itself given, or
// that stays below a folder that was, is followed, as an editor would; one that
// leads elsewhere is not, and outside says so: whoever names a folder does not
// mean files in other places.
func resolve(file string, roots []string) (target, outside string) {
	followed, err := filepath.EvalSymlinks(file)
	if err != nil {
		return file, fmt.Sprintf("where it leads cannot be found out: %v", err)
	}
	absolute, err := filepath.Abs(followed)
	if err != nil {
		return file, fmt.Sprintf("where it leads cannot be found out: %v", err)
	}
	if slices.ContainsFunc(roots, func(root string) bool { return within(absolute, root) }) {
		return followed, ""
	}
	return followed, fmt.Sprintf("it is a symbolic link to %s, outside of what is under review", followed)
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

// twice reports whether the file is a link to another of the files, which is
// fixed in its own right.
func (f *FixedFile) twice(files []string) bool {
	return f.Target != f.File && slices.Contains(files, f.Target)
}
