package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlanRefusesWhatCannotBeMeant(t *testing.T) {
	folder := t.TempDir()
	files := map[string]string{
		"good.yaml": "apiVersion: inshore.dev/v1alpha1\nkind: NodeLocalPolicy\nmetadata: {name: a}\nspec: {services: {nodeLocal: required}}\n",
		"bad.yaml":  "apiVersion: inshore.dev/v1alpha1\nkind: NodeLocalPolicy\nmetadata: {name: a}\nspec: {services: {nodeLocal: always}}\n",
		"none.yaml": clean,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"if there is no cluster, it says how to name one":       {[]string{"--kubeconfig", file("nowhere"), "-f", file("good.yaml")}, "nowhere"},
		"if a policy is bad, it names the field and what is ok": {[]string{"-f", file("bad.yaml")}, `spec.services.nodeLocal: Unsupported value: "always": supported values: "required", "preferred"`},
		"if a file has no policy, it says what is missing":      {[]string{"-f", file("none.yaml")}, "there is no NodeLocalPolicy (inshore.dev/v1alpha1)"},
		"if there is no such file, it says so":                  {[]string{"-f", file("x.yaml")}, "no such file"},
		"if --as-is is about nothing, it says so":               {[]string{"--as-is"}, "--as-is is about the policies of -f"},
		"if it gets what it does not take, it says so":          {[]string{"everyone"}, `inshore plan does not take "everyone"`},
		"if rules are not there, nobody waits for a cluster":    {[]string{"--policy", file("rules")}, "no such folder"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, "", append([]string{"plan"}, test.args...)...)
			if got.code != 2 || !strings.Contains(got.errOut, test.says) {
				t.Errorf("exit code %d, said\n%s\nwant 2 and %q", got.code, got.errOut, test.says)
			}
		})
	}
}
