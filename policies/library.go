package policies

import (
	"io/fs"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Compiler returns a compiler with the restrictions that every rule is under
// (no network, no clock, strict, the schemas), for tools about rules.
func Compiler() *ast.Compiler { return newCompiler() }

// Library parses what tests of the bundles' rules need: the built-in rules and
// libraries, and every .rego file of the bundles, their tests included. own are
// the names of the bundles' files.
func Library(bundles ...fs.FS) (modules map[string]*ast.Module, own map[string]bool, err error) {
	sources := newSources()
	if err := sources.add(embedded, true); err != nil {
		return nil, nil, err
	}
	sources.tests = true
	for _, files := range bundles {
		if err := sources.add(files, false); err != nil {
			return nil, nil, err
		}
	}
	if modules, err = sources.parse(); err != nil {
		return nil, nil, err
	}
	if _, err := sources.rules(modules); err != nil {
		return nil, nil, err
	}
	own = map[string]bool{}
	for name := range sources.bundles {
		own[name] = true
	}
	return modules, own, nil
}
