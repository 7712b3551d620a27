package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestMain lets scripts under test call inshore: under that name, this binary is
// the command itself.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "inshore" {
		os.Exit(Main(os.Args, Standard()))
	}
	os.Exit(m.Run())
}

// installed puts inshore on the PATH.
func installed(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(self, filepath.Join(folder, "inshore")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// script is how a command line of an example ended.
func script(t *testing.T, text string) (output string, code int) {
	t.Helper()
	var out bytes.Buffer
	// As GitHub runs what says `shell: bash`.
	command := exec.Command("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", text)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	if command.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), command.ProcessState.ExitCode()
}

// action is a composite action of GitHub's.
type action struct {
	Inputs map[string]struct {
		Description string `json:"description"`
		Default     string `json:"default"`
	} `json:"inputs"`
	Outputs map[string]struct {
		Value string `json:"value"`
	} `json:"outputs"`
	Runs struct {
		Using string `json:"using"`
		Steps []step `json:"steps"`
	} `json:"runs"`
}

type step struct {
	ID    string            `json:"id"`
	Name  string            `json:"name"`
	Shell string            `json:"shell"`
	Env   map[string]string `json:"env"`
	Run   string            `json:"run"`
	Uses  string            `json:"uses"`
}

var expression = regexp.MustCompile(`\$\{\{\s*([^}]*?)\s*\}\}`)

func readAction(t *testing.T) action {
	t.Helper()
	var a action
	if err := yaml.Unmarshal(mustRead(t, filepath.Join(examples, "ci/github/action.yml")), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestActionIsWhole(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 3 {
		t.Fatalf("the action is %+v", a)
	}
	for name, input := range a.Inputs {
		if input.Description == "" {
			t.Errorf("the input %s has no description", name)
		}
	}
	for _, s := range a.Runs.Steps {
		if expression.MatchString(s.Run) {
			t.Errorf("step %q has an expression in its script, where its text would be run", s.Name)
		}
		if (s.Run == "") == (s.Uses == "") || s.Run != "" && s.Shell != "bash" {
			t.Errorf("step %q must either use an action or run a script in bash", s.Name)
		}
		for variable, value := range s.Env {
			for _, match := range expression.FindAllStringSubmatch(value, -1) {
				if name, ok := strings.CutPrefix(match[1], "inputs."); ok && a.Inputs[name].Description == "" {
					t.Errorf("step %q: %s is %s, which is no input", s.Name, variable, value)
				}
			}
		}
	}
	if !strings.Contains(a.Runs.Steps[0].Run, "github.com/inshore-dev/inshore/cmd/inshore@") {
		t.Error("the action does not install inshore from where it is")
	}
}

// TestActionReviews runs the action's script as a runner would, with its inputs
// at their defaults but those given.
func TestActionReviews(t *testing.T) {
	a := readAction(t)
	installed(t)
	for name, test := range map[string]struct {
		manifests string
		inputs    map[string]string
		code      int
		says      string
		reports   bool
	}{
		"clean manifests":        {clean, nil, 0, "no violations", true},
		"manifests with faults":  {violating, nil, 1, "::error file=in dir/a.yaml,line=4", true},
		"what cannot be read":    {"a: b: c\n", nil, 1, "title=ISH001", true},
		"warnings that count":    {warned, map[string]string{"fail-on": "warning"}, 1, "::warning ", true},
		"an exception":           {violating, map[string]string{"policy": "policy"}, 0, "::notice ", true},
		"a path that is not":     {clean, map[string]string{"paths": "no such"}, 2, "no such file or folder", false},
		"a path like a flag":     {clean, map[string]string{"paths": "--progress"}, 2, "--progress: no such file or folder", false},
		"a path like a command":  {clean, map[string]string{"paths": "$(touch ran)"}, 2, "no such file or folder", false},
		"a revision outside git": {clean, map[string]string{"since": "HEAD"}, 2, "not in a git repository", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			put(t, map[string]string{"in dir/a.yaml": test.manifests, "policy/exception.yaml": exception, "out/.keep": ""})
			t.Setenv("GITHUB_OUTPUT", "out/outputs")
			t.Setenv("GITHUB_STEP_SUMMARY", "out/summary.md")
			review := a.Runs.Steps[1]
			for variable, value := range review.Env {
				t.Setenv(variable, expression.ReplaceAllStringFunc(value, func(text string) string {
					key := expression.FindStringSubmatch(text)[1]
					if key == "runner.temp" {
						return "out"
					}
					input := strings.TrimPrefix(key, "inputs.")
					if given, ok := test.inputs[input]; ok {
						return given
					}
					return a.Inputs[input].Default
				}))
			}
			out, code := script(t, review.Run)
			if code != test.code || !strings.Contains(out, test.says) {
				t.Errorf("exit code %d, want %d; want %q in:\n%s", code, test.code, test.says, out)
			}
			for _, file := range []string{"out/inshore.sarif", "out/inshore.md", "out/outputs", "out/summary.md"} {
				if _, err := os.Stat(file); (err == nil) != test.reports {
					t.Errorf("%s: %v; want it there: %v", file, err, test.reports)
				}
			}
			if _, err := os.Stat("ran"); err == nil {
				t.Error("an input was run")
			}
		})
	}
}

func TestWorkflowUsesTheAction(t *testing.T) {
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string         `json:"uses"`
				With map[string]any `json:"with"`
			} `json:"steps"`
		} `json:"jobs"`
	}
	if err := yaml.Unmarshal(mustRead(t, filepath.Join(examples, "ci/github/workflow.yml")), &workflow); err != nil {
		t.Fatal(err)
	}
	inputs, uses := readAction(t).Inputs, 0
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if !strings.HasPrefix(step.Uses, "inshore-dev/inshore/examples/ci/github@") {
				continue
			}
			uses++
			for input := range step.With {
				if inputs[input].Description == "" {
					t.Errorf("the action has no input %s", input)
				}
			}
		}
	}
	if uses != 1 {
		t.Errorf("the workflow uses the action %d times, want once", uses)
	}
}

// hook is an entry of .pre-commit-hooks.yaml or of a configuration that uses it.
type hook struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Language      string   `json:"language"`
	Entry         string   `json:"entry"`
	Args          []string `json:"args"`
	PassFilenames bool     `json:"pass_filenames"`
}

func TestPreCommitHooks(t *testing.T) {
	var hooks []hook
	if err := yaml.Unmarshal(mustRead(t, "../../../.pre-commit-hooks.yaml"), &hooks); err != nil {
		t.Fatal(err)
	}
	var configuration struct {
		Repos []struct {
			Hooks []hook `json:"hooks"`
		} `json:"repos"`
	}
	if err := yaml.Unmarshal(mustRead(t, filepath.Join(examples, "ci/pre-commit/.pre-commit-config.yaml")), &configuration); err != nil {
		t.Fatal(err)
	}
	if len(hooks) == 0 || len(configuration.Repos) != 1 {
		t.Fatalf("hooks %+v, configuration %+v", hooks, configuration)
	}
	installed(t)
	t.Chdir(t.TempDir())
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	put(t, map[string]string{"manifests/a.yaml": clean})
	if out, code := script(t, "git init --quiet && git add . && git -c user.name=a -c user.email=a@example.com commit --quiet -m x"); code != 0 {
		t.Fatal(out)
	}
	used := configuration.Repos[0].Hooks[0]
	for _, h := range hooks {
		if h.PassFilenames || h.Name == "" || h.Language == "" {
			t.Errorf("hook %+v: it must see all files, and have a name and a language", h)
		}
		if h.ID == used.ID {
			used.Entry = h.Entry
		}
		runHook(t, h)
	}
	runHook(t, used)
}

// runHook holds that a hook passes clean manifests and stops a fault.
func runHook(t *testing.T, h hook) {
	t.Helper()
	line := h.Entry + " " + strings.Join(h.Args, " ")
	put(t, map[string]string{"manifests/a.yaml": clean})
	if out, code := script(t, line); code != 0 {
		t.Errorf("%s on clean manifests: exit code %d\n%s", line, code, out)
	}
	put(t, map[string]string{"manifests/a.yaml": violating})
	if out, code := script(t, line); code != 1 || !strings.Contains(out, "ISH101") {
		t.Errorf("%s on a fault: exit code %d\n%s", line, code, out)
	}
}
