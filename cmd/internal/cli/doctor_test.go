package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/cmd/internal/doctor"
)

// kubeconfig names a server that answers every request in one way, but for its
// version.
func kubeconfig(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/version" {
			_, _ = w.Write([]byte(`{"major":"1","minor":"36","gitVersion":"v1.36.3"}`))
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c"}}],` +
		`"clusters":[{"name":"c","cluster":{"server":"` + server.URL + `"}}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	notFound  = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`
	forbidden = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","message":"no right","code":403}`
)

func TestDoctorExitCodes(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	for name, test := range map[string]struct {
		args []string
		code int
		says string // On either stream.
	}{
		"if nothing is installed, there is a problem":           {[]string{"--kubeconfig", kubeconfig(t, 404, notFound)}, 1, "there is no Deployment inshore-webhook"},
		"if nothing may be seen, it could not look":             {[]string{"--kubeconfig", kubeconfig(t, 403, forbidden)}, 2, "could not be looked at: no right"},
		"if there is no kubeconfig, it says how to name one":    {[]string{"--kubeconfig", gone}, 2, gone},
		"if the context is unknown, it says so":                 {[]string{"--kubeconfig", kubeconfig(t, 404, notFound), "--context", "x"}, 2, `context "x" does not exist`},
		"if it is given an argument, that is a mistake":         {[]string{"webhook"}, 2, `does not take "webhook"`},
		"if the output is unknown, it says what there is":       {[]string{"-o", "yaml"}, 2, "text, json"},
		"if the webhook should be elsewhere, it looks there":    {[]string{"--kubeconfig", kubeconfig(t, 404, notFound), "-n", "platform"}, 1, "in namespace platform"},
		"if nothing is wrong with the flags, --help teaches it": {[]string{"--help"}, 0, "Exit code 0: all is well"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, "", append([]string{"doctor"}, test.args...)...)
			if got.code != test.code || !strings.Contains(got.out+got.errOut, test.says) {
				t.Errorf("exit code %d, want %d and %q in\n%s%s", got.code, test.code, test.says, got.out, got.errOut)
			}
		})
	}
}

func TestDoctorJSON(t *testing.T) {
	got := inshore(t, "", "doctor", "-o", "json", "--kubeconfig", kubeconfig(t, 404, notFound))
	var report doctor.Report
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		t.Fatalf("%v in %q", err, got.out)
	}
	if report.Healthy || len(report.Groups) < 4 {
		t.Errorf("read back %+v", report)
	}
}
