package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNativeStatic(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "policies")
	got := inshore(t, "", "native", "--static", folder, "--static-path", "/etc/kubernetes/inshore")
	want := []string{
		filepath.Join(folder, "admission-configuration.yaml"),
		filepath.Join(folder, "mutating-policies", "inshore.yaml"),
		filepath.Join(folder, "validating-policies", "inshore.yaml"),
	}
	if said := strings.Fields(got.out); got.code != 0 || !slices.Equal(said, want) {
		t.Fatalf("exit code %d, said %q, want %q\n%s", got.code, said, want, got.errOut)
	}
	configuration, err := os.ReadFile(want[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{
		"--admission-control-config-file=/etc/kubernetes/inshore/admission-configuration.yaml\n",
		`staticManifestsDir: "/etc/kubernetes/inshore/mutating-policies"`, "--feature-gates=ManifestBasedAdmissionControlConfig=true\n",
	} {
		if !strings.Contains(string(configuration), says) {
			t.Errorf("want %q in:\n%s", says, configuration)
		}
	}
	if again := inshore(t, "", "native", "--static", folder); again.code != 0 {
		t.Errorf("its own files are not written again: exit code %d, %s", again.code, again.errOut)
	}
	if configuration, err = os.ReadFile(want[0]); err != nil || !strings.Contains(string(configuration), folder) {
		t.Errorf("without --static-path the configuration names another folder than %s (error %v):\n%s", folder, err, configuration)
	}
}

func TestNativeStaticWritesNothingOverAFileOfSomebodyElse(t *testing.T) {
	folder := t.TempDir()
	own := filepath.Join(folder, "admission-configuration.yaml")
	if err := os.WriteFile(own, []byte("apiVersion: apiserver.config.k8s.io/v1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := inshore(t, "", "native", "--static", folder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got.code != 2 || !strings.Contains(got.errOut, own) || len(entries) != 1 {
		t.Errorf("exit code %d, %q, %d files; want 2, the file's name and one file", got.code, got.errOut, len(entries))
	}
}

func TestNativeStaticSaysWhatIsWrongWithItsFlags(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"if the cluster is too old, the first version that can": {[]string{"--static", "x", "--kubernetes-version", "1.35"}, "1.36 is the first"},
		"if the path is not absolute, that it must be":          {[]string{"--static", "x", "--static-path", "y"}, "an absolute path"},
		"if there is a path but no folder, that one is missing": {[]string{"--static-path", "/y"}, "the folder of --static"},
		"if the list is asked for as well, that one must go":    {[]string{"--static", "x", "--list"}, "drop --list"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, "", append([]string{"native"}, test.args...)...)
			if got.code != 2 || !strings.Contains(got.errOut, test.says) {
				t.Errorf("exit code %d, want 2; want %q in %q", got.code, test.says, got.errOut)
			}
		})
	}
}
