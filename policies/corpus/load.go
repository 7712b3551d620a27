package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Folder is where the cases are, from the repository's root.
const Folder = "policies/corpus/cases"

// Load reads all cases, in the order of their names, with the manifests that
// they refer to. root is the repository's root.
func Load(root string) ([]*Case, error) {
	files, err := filepath.Glob(filepath.Join(root, Folder, "*.txtar"))
	if err != nil {
		return nil, fmt.Errorf("listing the corpus: %w", err)
	}
	cases := make([]*Case, 0, len(files))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the corpus: %w", err)
		}
		c, err := Parse(strings.TrimSuffix(filepath.Base(file), ".txtar"), text)
		if err != nil {
			return nil, err
		}
		if c.InputFile != "" {
			if c.Input, err = os.ReadFile(filepath.Join(root, c.InputFile)); err != nil {
				return nil, fmt.Errorf("case %s: %w", c.Name, err)
			}
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// Referred are the manifests elsewhere in the repository that are part of the
// corpus, as pairs of the case's name and the file from the root: the examples
// of the rules and of the documentation, and daemons that people run.
func Referred(root string) (map[string]string, error) {
	names := map[string]string{}
	for pattern, name := range map[string]func(steps []string) string{
		"policies/rules/*/*/bad.yaml":  func(s []string) string { return "rule-" + s[2] + "-" + s[3] + "-bad" },
		"policies/rules/*/*/good.yaml": func(s []string) string { return "rule-" + s[2] + "-" + s[3] + "-good" },
		"policies/testdata/daemons/*":  func(s []string) string { return "daemon-" + s[3] },
		"examples/good/*.yaml":         func(s []string) string { return "example-good-" + s[2] },
		"examples/bad/*.yaml":          func(s []string) string { return "example-bad-" + s[2] },
	} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", pattern, err)
		}
		for _, file := range files {
			relative, err := filepath.Rel(root, file)
			if err != nil {
				return nil, fmt.Errorf("listing %s: %w", pattern, err)
			}
			relative = filepath.ToSlash(relative)
			key := name(strings.Split(strings.TrimSuffix(relative, ".yaml"), "/"))
			names[strings.ReplaceAll(key, "_", "-")] = relative
		}
	}
	return names, nil
}
