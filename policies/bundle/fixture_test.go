package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/inshore-dev/inshore/policies/bundle"
)

const rule = `# METADATA
# title: A rule
# custom:
#   id: ACME001
#   severity: warning
#   kinds: [Service]
#   message: "{object} is wrong."
#   remedy: Right it.
package acme.rule

violation contains {"field": "spec"} if false
`

// entry is one of a tar.
type entry struct {
	name, text string
	kind       byte // 0 is a file
}

// archive is a gzipped tar.
func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	writer := tar.NewWriter(zipped)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(e.text))}
		if e.kind != 0 {
			header.Typeflag, header.Linkname, header.Size = e.kind, "/etc/passwd", 0
		}
		must(t, writer.WriteHeader(header))
		if e.kind == 0 {
			_, err := writer.Write([]byte(e.text))
			must(t, err)
		}
	}
	must(t, writer.Close())
	must(t, zipped.Close())
	return out.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write puts a file into a folder of the test's own and returns its path.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, content, 0o600))
	return path
}

// pair are the files of a key and its public half.
type pair struct{ private, public string }

// keyPairs has one of each kind of key.
func keyPairs(t *testing.T) map[string]pair {
	t.Helper()
	pairs := map[string]pair{}
	add := func(name string, private, public any) {
		privateDER, err := x509.MarshalPKCS8PrivateKey(private)
		must(t, err)
		publicDER, err := x509.MarshalPKIXPublicKey(public)
		must(t, err)
		pairs[name] = pair{
			write(t, "private.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER})),
			write(t, "public.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})),
		}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	add("RS256", rsaKey, &rsaKey.PublicKey)
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		must(t, err)
		add(name, key, &key.PublicKey)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	add("EdDSA", private, public)
	secret := write(t, "secret", []byte("a secret of more than sixteen bytes\n"))
	pairs["HS256"] = pair{secret, secret}
	return pairs
}

func signingKey(t *testing.T, file, algorithm string) *bundle.SigningKey {
	t.Helper()
	key, err := bundle.ReadSigningKey(file, algorithm)
	must(t, err)
	return key
}

func verificationKey(t *testing.T, file, algorithm string) *bundle.VerificationKey {
	t.Helper()
	key, err := bundle.ReadVerificationKey(file, algorithm)
	must(t, err)
	return key
}

// small is a bundle of one rule that retires another.
func small(t *testing.T) *bundle.Bundle {
	t.Helper()
	b, err := bundle.New(map[string]string{
		"rule.rego": rule, "rule_test.rego": "package acme.rule_test\n", "README.md": "read me",
		".manifest": `{"revision": "v7", "metadata": {"inshore": {"retired": ["ACME002"]}}}`,
	})
	must(t, err)
	return b
}
