package policies

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// These tests are `opa fmt --diff`, `opa check --strict --schema` and `opa test
// --coverage --threshold 100`, by the library that also evaluates the rules:
// one version of OPA, nothing to install.

// regoFolders hold Rego; the conventions are about rules, and are held to the
// same gate.
var regoFolders = []string{"rules", "lib", "conventions"}

func TestRegoIsFormatted(t *testing.T) {
	for name, source := range regoSources(t) {
		formatted, err := format.SourceWithOpts(name, source, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Errorf("formatting: %v", err)
			continue
		}
		if !bytes.Equal(source, formatted) {
			t.Errorf("%s is not formatted: run `go run github.com/open-policy-agent/opa fmt --write policies`, or paste:\n%s", name, formatted)
		}
	}
}

func TestRegoTestsPassAndCoverEveryLine(t *testing.T) {
	modules := parseRego(t)
	coverage := cover.New()
	store := inmem.New()
	transaction := storage.NewTransactionOrDie(t.Context(), store)
	defer store.Abort(context.Background(), transaction)
	results, err := tester.NewRunner().
		SetCompiler(newCompiler().WithEnablePrintStatements(true)).
		SetStore(store).
		SetModules(modules).
		SetCoverageQueryTracer(coverage).
		RaiseBuiltinErrors(true).
		SetTimeout(10*time.Second).
		RunTests(t.Context(), transaction)
	if err != nil {
		t.Fatalf("compiling rules and tests: %v", err)
	}
	count := 0
	for result := range results {
		count++
		if !result.Pass() {
			t.Errorf("%s: %s.%s: fail: %t, error: %v, output: %s",
				result.Location, result.Package, result.Name, result.Fail, result.Error, result.Output)
		}
	}
	if count == 0 {
		t.Fatal("no Rego test was found")
	}
	for name, file := range coverage.Report(modules).Files {
		for _, lines := range file.NotCovered {
			t.Errorf("%s:%d-%d: no test covers this", name, lines.Start.Row, lines.End.Row)
		}
	}
}

func TestARuleThatReadsWhatIsNotProjectedDoesNotCompile(t *testing.T) {
	tests := map[string]struct{ schema, read string }{
		"a field that no object has":             {"document", "input.object.spec.nonsense"},
		"a field of Services, for a DaemonSet":   {"daemonset", "input.object.spec.clusterIP"},
		"a field of DaemonSets, for a Service":   {"service", "input.object.spec.template.spec.hostNetwork"},
		"a field that Kubernetes has, deep down": {"daemonset", "input.object.spec.template.spec.containers[_].image"},
		"a field of a related object":            {"service", "input.related.daemonSets[_].spec.nonsense"},
		"a field outside of the object":          {"document", "input.request"},
		"a field of the intent":                  {"document", "input.intent.surge"},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			source := "# METADATA\n# schemas:\n#   - input: schema." + test.schema +
				"\npackage inshore.x\n\nviolation contains " + test.read + "\n"
			modules, err := bundle{"x.rego": source}.parse()
			if err != nil {
				t.Fatal(err)
			}
			if _, err = compile(modules); err == nil || !strings.Contains(err.Error(), "undefined ref") {
				t.Errorf("want an undefined ref, got %v", err)
			}
		})
	}
	t.Run("without a schema of its own it is held against the document's", func(t *testing.T) {
		modules, err := bundle{"x.rego": "package inshore.x\n\nviolation contains input.object.spec.nonsense\n"}.parse()
		if err != nil {
			t.Fatal(err)
		}
		if _, err = compile(modules); err == nil || !strings.Contains(err.Error(), "undefined ref") {
			t.Errorf("want an undefined ref, got %v", err)
		}
	})
}

func TestARuleCannotUseWhatIsNotAFunctionOfItsInput(t *testing.T) {
	for _, call := range []string{
		`http.send({"method": "GET", "url": "http://localhost"})`, `net.lookup_ip_addr("localhost")`,
		`opa.runtime()`, `time.now_ns()`, `rand.intn("x", 9)`, `uuid.rfc4122("x")`,
	} {
		t.Run(call, func(t *testing.T) {
			modules, err := bundle{"x.rego": "package inshore.x\n\nx := " + call + "\n"}.parse()
			if err == nil {
				_, err = compile(modules)
			}
			if err == nil || !strings.Contains(err.Error(), "undefined function") {
				t.Errorf("want an undefined function, got %v", err)
			}
		})
	}
}

// regoSources are all Rego files, tests included, by path.
func regoSources(t *testing.T) map[string][]byte {
	t.Helper()
	sources := map[string][]byte{}
	root := os.DirFS(".")
	for _, folder := range regoFolders {
		err := fs.WalkDir(root, folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(name) != ".rego" {
				return err
			}
			sources[name], err = fs.ReadFile(root, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sources
}

func parseRego(t *testing.T) map[string]*ast.Module {
	t.Helper()
	modules := map[string]*ast.Module{}
	for name, source := range regoSources(t) {
		module, err := ast.ParseModuleWithOpts(name, string(source), parserOptions())
		if err != nil {
			t.Fatal(err)
		}
		modules[name] = module
	}
	return modules
}
