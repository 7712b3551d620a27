package policies

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

//go:embed rules/*/*/*.rego lib/*/*.rego
var embedded embed.FS

// bundle is a set of Rego sources by the name that errors give them.
type bundle map[string]string

// Named gives a bundle a name, which stands before its paths in errors and in
// [Rule.Bundle]: two bundles may then have files of the same path. The revision
// does not depend on it.
func Named(name string, files fs.FS) fs.FS { return named{files, name} }

type named struct {
	fs.FS
	name string
}

// sources are the Rego files of several bundles.
type sources struct {
	bundle
	// bundles has the name of the bundle of each file that is not built in.
	bundles map[string]string
	// tests makes add read tests as well.
	tests bool
	// contents is what the revision is a hash of.
	contents []string
}

// add reads every .rego file of a bundle, its tests left out, and what is
// hidden: a mounted ConfigMap has each file a second time below ..data. Two
// files of one name are an error: which one would win is nothing to guess at.
func (s *sources) add(files fs.FS, builtIn bool) error {
	prefix, bundleName := "", ""
	if n, ok := files.(named); ok {
		files, bundleName, prefix = n.FS, n.name, n.name+"/"
	}
	return fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		name := prefix + path
		switch {
		case err != nil:
			return fmt.Errorf("listing rules: %w", err)
		case path != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || !isRule(path) && !(s.tests && isTest(path)):
			return nil
		}
		if _, exists := s.bundle[name]; exists {
			return fmt.Errorf("reading rules: %s is in two bundles", name)
		}
		source, err := fs.ReadFile(files, path)
		if err != nil {
			return fmt.Errorf("reading rules: %w", err)
		}
		s.bundle[name] = string(source)
		// Lengths keep two files apart from one that has both's text.
		s.contents = append(s.contents, fmt.Sprintf("%d %s %d %s", len(path), path, len(source), source))
		if !builtIn {
			s.bundles[name] = bundleName
		}
		return nil
	})
}

// isRule reports whether a file is Rego that judges, and not a test of it.
func isRule(name string) bool { return path.Ext(name) == ".rego" && !isTest(name) }

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

// revision is a hash over paths and contents: the same rules have the same
// revision wherever they were read from.
func (s *sources) revision() string {
	hash := sha256.New()
	for _, content := range slices.Sorted(slices.Values(s.contents)) {
		_, _ = io.WriteString(hash, content) // a hash never fails to write
	}
	return hex.EncodeToString(hash.Sum(nil))[:16]
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
