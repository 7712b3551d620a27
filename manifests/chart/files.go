package chart

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const notice = `{{- /* Generated from the kustomize manifests by go generate ./manifests/chart, do not edit. The reasons for what it says are there. */ -}}
`

// Folders that are generated as a whole: what is in them and not made is removed.
var generated = []string{"templates/agent", "templates/certificates", "templates/monitoring", "templates/webhook"}

// Files returns what is generated, by path within the chart: templates from the
// kustomize base and overlays in the folder manifests, and README.md from the
// chart's values and their schema.
func Files(manifests, chart string) (map[string]string, error) {
	all, err := documents(manifests)
	if err != nil {
		return nil, err
	}
	if err := fill(all); err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, d := range all {
		if files[d.fileName()] != "" {
			return nil, fmt.Errorf("two objects would be %s", d.fileName())
		}
		text := d.root.emit(0)
		if d.root.when != "" {
			text = onlyIf(0, d.root.when, text)
		}
		files[d.fileName()] = notice + text
	}
	files["README.md"], err = readme(chart)
	return files, err
}

// Write makes the chart's generated files what they are to be, and removes those
// that are generated no more.
func Write(manifests, chart string) error {
	files, err := Files(manifests, chart)
	if err != nil {
		return err
	}
	for _, folder := range generated {
		if err := os.RemoveAll(filepath.Join(chart, folder)); err != nil {
			return fmt.Errorf("removing what was generated before: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(chart, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("writing the chart: %w", err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o644); err != nil {
			return fmt.Errorf("writing the chart: %w", err)
		}
	}
	return nil
}

// ours are the generated files that are there.
func ours(chart string) (map[string]string, error) {
	found := map[string]string{}
	add := func(path string) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading the chart: %w", err)
		}
		found[filepath.ToSlash(strings.TrimPrefix(path, chart+string(filepath.Separator)))] = string(text)
		return nil
	}
	for _, folder := range generated {
		paths, err := filepath.Glob(filepath.Join(chart, folder, "*"))
		if err != nil {
			return nil, fmt.Errorf("reading the chart: %w", err)
		}
		for _, path := range paths {
			if err := add(path); err != nil {
				return nil, err
			}
		}
	}
	return found, add(filepath.Join(chart, "README.md"))
}
