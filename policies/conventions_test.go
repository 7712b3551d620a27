package policies

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// TestRulesKeepTheConventions judges the rules by conventions/, which are Rego
// over what the parser reads of Rego.
func TestRulesKeepTheConventions(t *testing.T) {
	modules := parseRego(t)
	var files []map[string]any
	for name, module := range modules {
		if !strings.HasSuffix(name, "_test.rego") && !strings.HasPrefix(name, "conventions/") {
			files = append(files, describe(t, name, module))
		}
	}
	compiler, err := compile(modules)
	if err != nil {
		t.Fatal(err)
	}
	results, err := rego.New(
		rego.Compiler(compiler),
		rego.Query("data.inshore.conventions.violation"),
		rego.Input(map[string]any{"files": files}),
		rego.StrictBuiltinErrors(true),
	).Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	broken, _ := results[0].Expressions[0].Value.([]any)
	for _, message := range broken {
		t.Error(message)
	}
}

// describe is a module as the conventions see it.
func describe(t *testing.T, name string, module *ast.Module) map[string]any {
	t.Helper()
	file := map[string]any{
		"path":    name,
		"package": strings.TrimPrefix(module.Package.Path.String(), "data."),
		"names":   []string{},
		"beside":  beside(t, name),
	}
	names := []string{}
	for _, r := range module.Rules {
		names = append(names, string(r.Head.Ref()[0].Value.(ast.Var)))
	}
	file["names"] = slices.Compact(names)
	if annotations := packageAnnotations(module); annotations != nil {
		schemas := []string{}
		for _, s := range annotations.Schemas {
			schemas = append(schemas, s.Schema.String())
		}
		file["annotations"] = map[string]any{
			"title":       annotations.Title,
			"description": annotations.Description,
			"schemas":     schemas,
			"custom":      annotations.Custom,
		}
	}
	return file
}

// beside are the names of the files in a file's folder.
func beside(t *testing.T, name string) []string {
	t.Helper()
	entries, err := os.ReadDir(path.Dir(name))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
