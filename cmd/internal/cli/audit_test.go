package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestAuditExitCodes(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	for name, test := range map[string]struct {
		args []string
		code int
		says string // On either stream.
	}{
		"if nothing may be seen, it could not look":             {[]string{"--kubeconfig", kubeconfig(t, 403, forbidden)}, 2, "listing Services"},
		"if there is no kubeconfig, it says how to name one":    {[]string{"--kubeconfig", gone}, 2, gone},
		"if the context is unknown, it says so":                 {[]string{"--kubeconfig", kubeconfig(t, 404, notFound), "--context", "x"}, 2, `context "x" does not exist`},
		"if it is given an argument, that is a mistake":         {[]string{"core"}, 2, `does not take "core"`},
		"if the output is unknown, it says what there is":       {[]string{"-o", "yaml"}, 2, "text, json"},
		"if the folder of rules is not there, it says so":       {[]string{"--kubeconfig", kubeconfig(t, 404, notFound), "--policy", gone}, 2, "no such folder"},
		"if nothing is wrong with the flags, --help teaches it": {[]string{"--help"}, 0, "missed"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, "", append([]string{"audit"}, test.args...)...)
			if got.code != test.code || !strings.Contains(got.out+got.errOut, test.says) {
				t.Errorf("exit code %d, said\n%s%s\nwant %d and %q", got.code, got.out, got.errOut, test.code, test.says)
			}
		})
	}
}
