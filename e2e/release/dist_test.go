package release

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// script runs one of hack/ with more in its environment.
func script(t *testing.T, environment []string, name string, args ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(root, "hack", name), args...)
	command.Env = append(os.Environ(), environment...)
	text, err := command.CombinedOutput()
	return string(text), err
}

// With the build cache that there is; empty ones take minutes, and are for
// `make soak`.
func TestTwoBuildsAreOne(t *testing.T) {
	said, err := script(t, nil, "reproduce.sh", "--quick")
	if err != nil {
		t.Fatalf("%v:\n%s", err, said)
	}
	platform := runtime.GOOS + "-" + runtime.GOARCH
	for _, name := range []string{"inshore", "inshore-agent", "inshore-webhook"} {
		for _, ending := range []string{"\n", ".cdx.json\n"} {
			if file := "  " + name + "-" + platform + ending; strings.Count(said, file) != 2 {
				t.Errorf("%q was not built twice:\n%s", file, said)
			}
		}
	}
	if !strings.Contains(said, "both builds have the same digests") {
		t.Errorf("it says\n%s", said)
	}
}

func TestTheBillsListWhatIsLinked(t *testing.T) {
	out := t.TempDir()
	if said, err := script(t, []string{"VERSION=v9.9.9", "PROGRAMS=inshore-agent"}, "dist.sh", out); err != nil {
		t.Fatalf("%v:\n%s", err, said)
	}
	program := filepath.Join(out, "inshore-agent-"+runtime.GOOS+"-"+runtime.GOARCH)
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, module := range info.Deps {
		want = append(want, module.Path+" "+module.Version)
	}
	want = append(want, "std "+strings.TrimPrefix(info.GoVersion, "go"))
	text, err := os.ReadFile(program + ".cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		Metadata struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &bill); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range bill.Components {
		got = append(got, c.Name+" "+c.Version)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || bill.Metadata.Component.Name != "inshore-agent" || bill.Metadata.Component.Version != "v9.9.9" {
		t.Errorf("the bill of %+v has\n%q\nthe program\n%q", bill.Metadata.Component, got, want)
	}
	// What only tests need is in go.mod, and must not be here.
	if slices.ContainsFunc(got, func(name string) bool { return strings.HasPrefix(name, "pgregory.net/rapid ") }) {
		t.Error("the bill lists what only tests need")
	}
}
