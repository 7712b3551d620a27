package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// decided is a line of a decision log, made by rules that no longer exist: they
// allowed a headless Service. Its digest is that of its input.
const decided = `{"version":"v1","time":"2026-03-14T09:26:53Z","uid":"1","operation":"CREATE","kind":"Service","namespace":"core","name":"cache",` +
	`"allowed":true,"revision":"abc","findings":[],"latencyMicros":150,` +
	`"digest":"sha256:DIGEST","input":` + decidedInput + "}\n"

const decidedInput = `{"object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"cache","namespace":"core",` +
	`"annotations":{"inshore.dev/node-local":"required"}},"spec":{"clusterIP":"None","selector":{"app":"cache"}}},` +
	`"operation":"CREATE","namespace":{"name":"core"},"intent":{},"platform":{"kubernetes":{"major":1,"minor":36}},"related":{}}`

func TestReplay(t *testing.T) {
	line := strings.Replace(decided, "DIGEST", sha256Of(decidedInput), 1)
	file := filepath.Join(t.TempDir(), "decisions.log")
	if err := os.WriteFile(file, []byte(`{"msg":"Starting"}`+"\n"+line), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		stdin string
		args  []string
		code  int
		says  string // on standard output, or on standard error if nothing was written there
	}{
		"a decision that would be another":  {"", []string{"replay", file}, 1, "error ISH101 at spec.clusterIP"},
		"from standard input, for programs": {line, []string{"replay", "-", "-o", "json"}, 1, `"refused": 1`},
		"a line that was changed":           {strings.Replace(line, "None", "none", 1), []string{"replay", "-"}, 2, "standard input:1: the input is not what its digest says"},
		"no log":                            {"", []string{"replay"}, 2, "needs a decision log"},
		"no decision in it":                 {"plain text\n", []string{"replay", "-"}, 2, "no decision found"},
		"a log that is not there":           {"", []string{"replay", "no/such"}, 2, "no/such"},
		"rules that are not there":          {line, []string{"replay", "--policy", "no/such", "-"}, 2, "loading the rules"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, test.stdin, test.args...)
			said := got.out
			if said == "" {
				said = got.errOut
			}
			if got.code != test.code || !strings.Contains(said, test.says) {
				t.Errorf("exit %d, want %d; said %q %q, want %q", got.code, test.code, got.out, got.errOut, test.says)
			}
		})
	}
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
