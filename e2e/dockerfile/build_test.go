package dockerfile

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// programs are the final stages and the programs in them.
var programs = map[string]string{"webhook": "inshore-webhook", "agent": "inshore-agent"}

// users are who they run as. The agent's manifest takes from root every
// capability but two.
var users = map[string]string{"webhook": "65532:65532", "agent": "0:0"}

func stages(t *testing.T) []stage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	return parse(string(text))
}

func TestFinalStages(t *testing.T) {
	for target, program := range programs {
		t.Run(target, func(t *testing.T) {
			final := find(t, stages(t), target)
			if final.base != "scratch" {
				t.Errorf("is from %s, want scratch", final.base)
			}
			want := map[string]string{
				"USER":       users[target],
				"COPY":       fmt.Sprintf("--from=build /out/%[1]s /%[1]s", program),
				"ENTRYPOINT": fmt.Sprintf("[%q]", "/"+program),
			}
			for name, value := range want {
				if got := final.all(name); !slices.Equal(got, []string{value}) {
					t.Errorf("%s is %q, want %q once", name, got, value)
				}
			}
			if run := final.all("RUN"); len(run) > 0 {
				t.Errorf("runs %q, but scratch has nothing to run it with", run)
			}
		})
	}
}

// The compiler in the image must not be older than go.mod allows: it would
// download another one, or refuse.
func TestGoVersion(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	minor := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)
	if minor == nil {
		t.Fatal("go.mod names no Go version")
	}
	if want := "GO_VERSION=" + string(minor[1]); !slices.Contains(stages(t)[0].all("ARG"), want) {
		t.Errorf("the Dockerfile's ARGs are %q, go.mod asks for %s", stages(t)[0].all("ARG"), want)
	}
}

// TestBuild runs the Dockerfile's build command with the shell that would run
// it there. Only where it writes differs.
func TestBuild(t *testing.T) {
	const version = "v9.9.9-from-the-build-argument"
	out := t.TempDir()
	build := exec.Command("sh", "-euc", strings.ReplaceAll(buildCommand(t), "/out/", out+"/"))
	build.Dir = root
	build.Env = append(os.Environ(), "TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH, "VERSION="+version)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for target, program := range programs {
		t.Run(target+" is static", func(t *testing.T) {
			requireStatic(t, filepath.Join(out, program))
		})
	}
	// The linker ignores -X for a variable that does not exist, so each program
	// is asked.
	for program, argument := range map[string]string{"inshore-webhook": "--version", "inshore-agent": "version"} {
		t.Run(program+" says the version it was built as", func(t *testing.T) {
			said, err := exec.Command(filepath.Join(out, program), argument).CombinedOutput()
			if err != nil || !strings.Contains(string(said), version) {
				t.Errorf("%s %s says %q (error %v), want %s", program, argument, said, err, version)
			}
		})
	}
}

// buildCommand is the build stage's `go build`, without the options of RUN.
func buildCommand(t *testing.T) string {
	t.Helper()
	for _, run := range find(t, stages(t), "build").all("RUN") {
		words := strings.Fields(run)
		for len(words) > 0 && strings.HasPrefix(words[0], "--") {
			words = words[1:]
		}
		if command := strings.Join(words, " "); strings.Contains(command, "go build") {
			return command
		}
	}
	t.Fatal("the build stage does not run go build")
	return ""
}

// requireStatic fails for a program that scratch could not start: one that asks
// for an interpreter or for shared libraries.
func requireStatic(t *testing.T, name string) {
	t.Helper()
	file, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			t.Error("asks for a dynamic linker")
		}
	}
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("asks for libraries %q (error %v)", libraries, err)
	}
}

// go build reads what .dockerignore lets through, and nothing else.
func TestContextHoldsWhatIsBuilt(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.ImportPath}}{{end}}{{end}}",
		"./cmd/inshore-webhook", "./cmd/inshore-agent")
	list.Dir = root
	packages, err := list.Output()
	if err != nil {
		t.Fatalf("listing what is built: %v", err)
	}
	allowed := strings.Fields(string(text))
	for _, path := range strings.Fields(string(packages)) {
		folder, _, _ := strings.Cut(strings.TrimPrefix(path, "github.com/inshore-dev/inshore/"), "/")
		if !slices.Contains(allowed, "!"+folder) {
			t.Errorf("%s is built, but .dockerignore keeps %s/ out", path, folder)
		}
	}
	if !slices.Contains(allowed, "*") {
		t.Error(".dockerignore is no allow-list any more")
	}
}
