package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// result is how a command line ended.
type result struct {
	code        int
	out, errOut string
}

func inshore(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	code := Main(append([]string{"inshore"}, args...), Streams{In: strings.NewReader(stdin), Out: &out, Err: &errOut})
	return result{code, out.String(), errOut.String()}
}

const (
	clean     = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	violating = "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {inshore.dev/node-local: required}}\nspec: {clusterIP: None, selector: {a: b}}\n"
	warned    = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: a, annotations: {inshore.dev/node-local: required}}
spec:
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: a, readinessProbe: {}}]}
`
)

func TestExitCodes(t *testing.T) {
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		stdin string
		args  []string
		code  int
		says  string // on standard output, or on standard error when it could not run
	}{
		"clean":                                   {clean, []string{"review", "-"}, 0, "no violations"},
		"nothing opted in says how to":            {clean, []string{"review", "-"}, 0, "inshore.dev/node-local: required"},
		"nothing at all on standard input":        {" \n", []string{"review", "-"}, 2, "standard input is empty"},
		"an error":                                {violating, []string{"review", "-"}, 1, "ISH101"},
		"an error in JSON":                        {violating, []string{"review", "--format", "json", "-"}, 1, `"id": "ISH101"`},
		"malformed YAML":                          {"a: b: c\n", []string{"review", "-"}, 1, "standard input:1  error  ISH001"},
		"warnings alone":                          {warned, []string{"review", "-"}, 0, "warning"},
		"warnings where they count":               {warned, []string{"review", "--fail-on", "warning", "-"}, 1, "warning"},
		"clean where warnings count":              {clean, []string{"review", "--fail-on=warning", "-"}, 0, "no violations"},
		"a namespace for objects without one":     {violating, []string{"review", "-n", "core", "-"}, 1, "core/a"},
		"no path":                                 {"", []string{"review"}, 2, "needs a file"},
		"a path that does not exist":              {"", []string{"review", "no/such"}, 2, "no/such: no such file or folder"},
		"a path that does not exist among others": {violating, []string{"review", "-", "no/such"}, 2, "no/such: no such file or folder"},
		"a folder without manifests":              {"", []string{"review", empty}, 2, "no *.yaml, *.yml or *.json file found in " + empty},
		"a flag that there is not":                {"", []string{"review", "--nope", "-"}, 2, "unknown flag: --nope"},
		"a format that there is not":              {"", []string{"review", "--format", "xml", "-"}, 2, "allowed are text, json"},
		"a severity that there is not":            {"", []string{"review", "--fail-on", "note", "-"}, 2, "allowed are error, warning"},
		"a version that is none":                  {"", []string{"review", "--kubernetes-version", "new", "-"}, 2, "write it as 1.36"},
		"a version that is too old":               {"", []string{"review", "--kubernetes-version", "1.29", "-"}, 2, "the oldest version that Inshore supports is 1.30"},
		"a version as clusters write it":          {clean, []string{"review", "--kubernetes-version", "v1.33.4-gke.1", "-"}, 0, "no violations"},
		"a readiness gate that there is not":      {"", []string{"review", "--readiness-gate", "x", "-"}, 2, "allowed are none, agent"},
		"a command that there is not":             {"", []string{"revue"}, 2, "revue"},
		"explain exits 0 whatever the rules say":  {violating, []string{"explain", "-f", "-"}, 0, "ISH101"},
		"explain without a file":                  {"", []string{"explain"}, 2, "needs -f FILE"},
		"explain with a file in the wrong place":  {"", []string{"explain", "a.yaml"}, 2, "a.yaml"},
		"explain an object that is not opted in":  {strings.ReplaceAll(violating, "inshore.dev/node-local: required", ""), []string{"explain", "-f", "-"}, 0, "Not opted in"},
		"explain nothing that it could act on":    {clean, []string{"explain", "-f", "-"}, 0, "these two kinds only"},
		"no command":                              {"", nil, 0, "review"},
		"help":                                    {"", []string{"review", "--help"}, 0, "Exit status"},
		"version":                                 {"", []string{"version"}, 0, "inshore "},
		"completion":                              {"", []string{"completion", "bash"}, 0, "bash completion"},
		"completion of a flag's values":           {"", []string{"__complete", "review", "--format", ""}, 0, "json"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, test.stdin, test.args...)
			said := got.out
			if test.code == 2 {
				said = got.errOut
				if got.out != "" {
					t.Errorf("standard output = %q, want nothing", got.out)
				}
			}
			if got.code != test.code || !strings.Contains(said, test.says) {
				t.Errorf("exit code %d, want %d; want %q in:\n%s", got.code, test.code, test.says, said)
			}
		})
	}
}

func TestVersionInJSON(t *testing.T) {
	got := inshore(t, "", "version", "-o", "json")
	var b build
	if err := json.Unmarshal([]byte(got.out), &b); err != nil {
		t.Fatalf("%v in %s", err, got.out)
	}
	if b.Version == "" || b.PolicyRevision == "" || !strings.HasPrefix(b.Go, "go") {
		t.Errorf("version = %+v, want all fields filled", b)
	}
}

func TestHelpNamesThePlugin(t *testing.T) {
	for binary, want := range map[string]string{
		"/usr/bin/inshore":         "  inshore review PATH...",
		"/usr/bin/kubectl-inshore": "  kubectl inshore review PATH...",
	} {
		var out bytes.Buffer
		if code := Main([]string{binary, "review", "--help"}, Streams{Out: &out, Err: &out}); code != 0 {
			t.Fatalf("%s: exit code %d", binary, code)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: want %q in\n%s", binary, want, out.String())
		}
	}
}

func TestColorIsForPeopleOnly(t *testing.T) {
	for name, test := range map[string]struct {
		terminal bool
		noColor  string
		want     bool
	}{
		"on a terminal":                 {true, "", true},
		"on a terminal, but not wanted": {true, "1", false},
		"in a pipe":                     {false, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TERM", "xterm")
			t.Setenv("NO_COLOR", test.noColor)
			var out bytes.Buffer
			Main([]string{"inshore", "review", "-"}, Streams{In: strings.NewReader(violating), Out: &out, Err: &out, OutTerminal: test.terminal})
			if got := strings.Contains(out.String(), "\x1b["); got != test.want {
				t.Errorf("colour = %v, want %v", got, test.want)
			}
		})
	}
}
