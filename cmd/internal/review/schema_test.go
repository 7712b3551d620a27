package review

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The published schemas are not copied into this repository: they are read out
// of these modules, at the versions whose hashes stand here.
var (
	sarifModule = publishedModule{"github.com/owenrumney/go-sarif/v3@v3.3.1", "h1:bKY8YnWcY8zYTiGVObC5wZLlfEvMkCxK9XMGXBbzEtQ="}
	junitModule = publishedModule{"github.com/yannh/kubeconform@v0.8.0", "h1:loDYd3a3spjIFrauqW67CDKF55Oo9R6uvC8AvpVd4ug="}
)

type publishedModule struct{ version, sum string }

// file is where a file of the module lies, downloaded if need be.
func (m publishedModule) file(t *testing.T, name string) string {
	t.Helper()
	download := exec.Command("go", "mod", "download", "-json", m.version)
	download.Dir = t.TempDir() // outside our module, whose go.mod stays as it is
	// The hash is here, so no database of them is asked.
	download.Env = append(os.Environ(), "GONOSUMDB=*", "GOFLAGS=")
	out, err := download.Output()
	if err != nil {
		t.Fatalf("downloading %s: %v\n%s", m.version, err, out)
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	if module.Sum != m.sum {
		t.Fatalf("%s has the hash %s, want %s", m.version, module.Sum, m.sum)
	}
	return filepath.Join(module.Dir, filepath.FromSlash(name))
}

// sarifSchema is the JSON schema of SARIF 2.1.0 with errata 01, which the module
// holds in a constant.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), sarifModule.file(t, "pkg/report/v210/sarif/schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	literal := file.Scope.Lookup("schema").Decl.(*ast.ValueSpec).Values[0].(*ast.BasicLit)
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// xmllint is libxml2's validator, installed if this is root's machine.
func xmllint(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("xmllint"); err == nil {
		return path
	}
	const want = "xmllint is missing: apt-get install --no-install-recommends libxml2-utils"
	if os.Geteuid() != 0 {
		t.Fatal(want)
	}
	for _, args := range [][]string{{"-qq", "update"}, {"-qq", "install", "--yes", "--no-install-recommends", "libxml2-utils"}} {
		if out, err := exec.Command("apt-get", args...).CombinedOutput(); err != nil {
			t.Fatalf("%s (%v)\n%s", want, err, out)
		}
	}
	path, err := exec.LookPath("xmllint")
	if err != nil {
		t.Fatal(want)
	}
	return path
}

// everyReport is a report on each folder of testdata, on the examples, on
// nothing, and on names that markup must be kept from.
func everyReport(t *testing.T) map[string]*Outcome {
	t.Helper()
	outcomes := map[string]*Outcome{
		"nothing": inText(t, "---\n"),
		"markup":  inText(t, hostile),
		"Helm":    inText(t, helmOutput),
	}
	folders, err := filepath.Glob("testdata/*/in")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folders in testdata (%v)", err)
	}
	for _, folder := range append(folders, "../../../examples") {
		outcome, err := Run(t.Context(), withPolicies(t, "testdata/policy/policies"), []string{folder})
		if err != nil {
			t.Fatal(err)
		}
		outcomes[folder] = outcome
	}
	return outcomes
}

// hostile has in every free text what ends a record or begins markup.
const hostile = `apiVersion: v1
kind: Service
metadata:
  name: "]]> & <b>\"'%,:: @team | #1 \u0001\u0085\n::error::x"
  annotations: {inshore.dev/node-local: "<script>` + "`" + `</details>"}
spec: {clusterIP: None, selector: {a: b}}
---
a: "]]>": b
`

func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchema(t)
	if schema.Validate(map[string]any{"version": "2.1.0", "runs": []any{map[string]any{}}}) == nil {
		t.Fatal("the schema lets a run without a tool pass: it checks nothing")
	}
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	for name, outcome := range everyReport(t) {
		var b bytes.Buffer
		p := presentation(t, outcome)
		p.Rules = e.Rules()
		if err := outcome.Report().WriteSARIF(&b, p); err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJUnitIsValid(t *testing.T) {
	xsd, lint, folder := junitModule.file(t, "fixtures/junit.xsd"), xmllint(t), t.TempDir()
	check := func(name, text string) error {
		file := filepath.Join(folder, "report.xml")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(lint, "--noout", "--nonet", "--schema", xsd, file).CombinedOutput()
		if err != nil {
			t.Logf("%s: %s", name, out)
		}
		return err
	}
	if check("a case without a name", "<testsuites><testsuite name='a' tests='1'><testcase/></testsuite></testsuites>") == nil {
		t.Fatal("the schema lets a case without a name pass: it checks nothing")
	}
	for name, outcome := range everyReport(t) {
		var b bytes.Buffer
		if err := outcome.Report().WriteJUnit(&b, "error"); err != nil {
			t.Fatal(err)
		}
		if err := check(name, b.String()); err != nil {
			t.Errorf("%s is not valid: %v\n%s", name, err, b.String())
		}
	}
}
