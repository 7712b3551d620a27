package layout

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// module is what our own import paths begin with.
const module = "github.com/inshore-dev/inshore"

// source is one parsed Go file.
type source struct {
	path  string // From the root of the tree, with slashes.
	lines int
	set   *token.FileSet
	ast   *ast.File
}

// folder is the path of the package that the file is in.
func (s source) folder() string { return path.Dir(s.path) }

// imports are the import paths in the file, in its order.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.ast.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// skipped are folders that hold no source of ours.
func skipped(name string) bool {
	return name == "bin" || name == "node_modules" || (strings.HasPrefix(name, ".") && name != "." && name != ".ci")
}

// walk calls visit with the path and text of each file.
func walk(tree fs.FS, visit func(name string, text []byte) error) error {
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		return visit(name, text)
	})
}

// sources parses the Go files that a person wrote. testdata is left out, as the
// Go tool leaves it out.
func sources(tree fs.FS) ([]source, error) {
	var all []source
	err := walk(tree, func(name string, text []byte) error {
		if path.Ext(name) != ".go" || slices.Contains(strings.Split(name, "/"), "testdata") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parsing %s: %w", name, err)
		}
		if !ast.IsGenerated(file) {
			all = append(all, source{path: name, lines: set.File(file.Pos()).LineCount(), set: set, ast: file})
		}
		return nil
	})
	return all, err
}
