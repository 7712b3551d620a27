package policies

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

//go:embed rules/*/*/*.rego lib/*/*.rego
var embedded embed.FS

// bundle is a set of Rego sources by path.
type bundle map[string]string

// add reads every .rego file of a file system, its tests left out. Two files
// of one path are an error: which one would win is nothing to guess at.
func (b bundle) add(files fs.FS) error {
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("listing rules: %w", err)
		}
		if entry.IsDir() || path.Ext(name) != ".rego" || strings.HasSuffix(name, "_test.rego") {
			return nil
		}
		if _, exists := b[name]; exists {
			return fmt.Errorf("reading rules: %s is in two bundles", name)
		}
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("reading rules: %w", err)
		}
		b[name] = string(source)
		return nil
	})
}

// parse parses all sources, METADATA included.
func (b bundle) parse() (map[string]*ast.Module, error) {
	modules := make(map[string]*ast.Module, len(b))
	for name, source := range b {
		module, err := ast.ParseModuleWithOpts(name, source, parserOptions())
		if err != nil {
			return nil, fmt.Errorf("parsing rules: %w", err)
		}
		modules[name] = module
	}
	return modules, nil
}

func parserOptions() ast.ParserOptions {
	return ast.ParserOptions{
		Capabilities:      capabilities(),
		ProcessAnnotation: true,
		RegoVersion:       ast.RegoV1,
	}
}

// revision is a hash over paths and contents: the same rules have the same
// revision wherever they were read from.
func (b bundle) revision() string {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(b)) {
		// Lengths keep two files apart from one that has both's text.
		fmt.Fprintf(hash, "%d %s %d ", len(name), name, len(b[name]))
		_, _ = io.WriteString(hash, b[name]) // a hash never fails to write
	}
	return hex.EncodeToString(hash.Sum(nil))[:16]
}
