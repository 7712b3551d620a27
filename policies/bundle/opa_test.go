package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	opabundle "github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"

	"github.com/inshore-dev/inshore/policies/bundle"
)

// What `opa build --bundle --signing-key` writes is read here.
func TestABundleOfOPAIsRead(t *testing.T) {
	others := keyPairs(t)
	for algorithm, keys := range keyPairs(t) {
		t.Run(algorithm, func(t *testing.T) {
			folder := t.TempDir()
			t.Chdir(folder) // OPA keeps the paths that it is given
			must(t, os.MkdirAll(filepath.Join(folder, "acme"), 0o755))
			must(t, os.WriteFile(filepath.Join(folder, "acme", "rule.rego"), []byte(rule), 0o600))
			must(t, os.WriteFile(filepath.Join(folder, ".manifest"), []byte(`{"revision": "v7", "roots": ["acme"]}`), 0o600))
			private, err := os.ReadFile(keys.private)
			must(t, err)
			var out bytes.Buffer
			must(t, compile.New().
				WithPaths(".").WithAsBundle(true).WithRegoVersion(ast.RegoV1).WithOutput(&out).
				WithBundleVerificationKeyID("release").
				WithBundleSigningConfig(opabundle.NewSigningConfig(string(private), algorithm, "")).
				Build(t.Context()))
			got, err := bundle.Read(out.Bytes(), verificationKey(t, keys.public, ""))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"acme/rule.rego"}, got.Paths()); diff != "" || got.Revision != "v7" {
				t.Errorf("revision %q\n%s", got.Revision, diff)
			}
			if _, err := bundle.Read(out.Bytes(), verificationKey(t, others[algorithm].public, "")); err == nil && algorithm != "HS256" {
				t.Error("another key will do")
			}
		})
	}
}

// What is written here is read by OPA.
func TestOPAReadsABundleOfOurs(t *testing.T) {
	for algorithm, keys := range keyPairs(t) {
		t.Run(algorithm, func(t *testing.T) {
			data, err := small(t).Write(signingKey(t, keys.private, ""))
			must(t, err)
			public, err := os.ReadFile(keys.public)
			must(t, err)
			config := opabundle.NewVerificationConfig(
				map[string]*opabundle.KeyConfig{"default": {Key: string(public), Algorithm: algorithm}}, "default", "", nil)
			read, err := opabundle.NewReader(bytes.NewReader(data)).WithRegoVersion(ast.RegoV1).WithBundleVerificationConfig(config).Read()
			if err != nil {
				t.Fatal(err)
			}
			if len(read.Modules) != 1 || read.Manifest.Revision != "v7" || !cmp.Equal(*read.Manifest.Roots, []string{"acme"}) {
				t.Errorf("got %d modules, %+v", len(read.Modules), read.Manifest)
			}
		})
	}
}
