package layout

import (
	"os"
	"strings"
	"testing"
)

func TestEveryDirectDependencyHasAReason(t *testing.T) {
	gomod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	reasons, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	modules := direct(string(gomod))
	if len(modules) == 0 {
		t.Fatal("no direct dependency found in go.mod: the test reads it wrongly")
	}
	for _, name := range unexplained(modules, string(reasons)) {
		t.Errorf("%s is a direct dependency: say in docs/dependencies.md what it is for, or drop it", name)
	}
}

func TestADependencyWithoutAReasonIsReported(t *testing.T) {
	gomod := "module m\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n\texample.com/c v1.0.0 // indirect\n)\n"
	got := unexplained(direct(gomod), "| `example.com/a` | why |\n")
	if len(got) != 1 || got[0] != "example.com/b" {
		t.Errorf("unexplained is %v, want only example.com/b", got)
	}
}

// direct are the modules that go.mod requires for our own imports.
func direct(gomod string) []string {
	var modules []string
	for line := range strings.Lines(gomod) {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) == 2 && strings.HasPrefix(fields[1], "v") && strings.Contains(fields[0], ".") {
			modules = append(modules, fields[0])
		}
	}
	return modules
}

func unexplained(modules []string, reasons string) []string {
	var missing []string
	for _, name := range modules {
		if !strings.Contains(reasons, "`"+name+"`") {
			missing = append(missing, name)
		}
	}
	return missing
}
