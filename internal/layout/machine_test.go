package layout

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// machinePaths are the absolute paths that exist on this machine only: the
// checkout, the folders beside it and the home directory. They are found out
// rather than listed, so the check means the same on every machine.
func machinePaths(root string) ([]string, error) {
	var paths []string
	if parent := filepath.Dir(root); parent != "/" {
		siblings, err := os.ReadDir(parent)
		if err != nil {
			return nil, fmt.Errorf("reading the folder of the checkout: %w", err)
		}
		for _, sibling := range siblings {
			paths = append(paths, filepath.Join(parent, sibling.Name()))
		}
	}
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		paths = append(paths, home)
	}
	return paths, nil
}

// checkMachinePaths reports files that name one of the paths. A path counts from
// its first slash to the end of its last name: in "a/work" there is no "/work".
func checkMachinePaths(tree fs.FS, paths []string) ([]string, error) {
	var names []string
	for _, p := range paths {
		names = append(names, regexp.QuoteMeta(p))
	}
	if len(names) == 0 {
		return nil, nil
	}
	machine := regexp.MustCompile(`(?:^|[^\w./-])(` + strings.Join(names, "|") + `)(?:[^\w-]|$)`)
	var problems []string
	err := walk(tree, func(name string, text []byte) error {
		if bytes.IndexByte(text, 0) >= 0 {
			return nil // Binary.
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if found := machine.FindSubmatch(line); found != nil {
				problems = append(problems, fmt.Sprintf("%s:%d: %s exists on this machine only", name, i+1, found[1]))
			}
		}
		return nil
	})
	return problems, err
}
