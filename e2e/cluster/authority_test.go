package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAuthorityIsTrustedForWhatItIssues(t *testing.T) {
	ca, err := newAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	server, err := ca.server("kubelet", []string{"node-0"}, nodeAddresses(0)...)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, ca, server, x509.VerifyOptions{DNSName: "node-0"})
	verify(t, ca, server, x509.VerifyOptions{DNSName: nodeAddresses(0)[1].String()})
	client, err := ca.client("system:node:node-0", "system:nodes")
	if err != nil {
		t.Fatal(err)
	}
	leaf := verify(t, ca, client, x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if leaf.Subject.CommonName != "system:node:node-0" || !slices.Equal(leaf.Subject.Organization, []string{"system:nodes"}) {
		t.Errorf("client's user is %s", leaf.Subject)
	}
}

func TestAuthorityComesBackFromDisk(t *testing.T) {
	made, err := newPKI("test")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range made.files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := loadAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	server, err := loaded.server("x", []string{"x"})
	if err != nil {
		t.Fatal(err)
	}
	verify(t, made.ca, server, x509.VerifyOptions{DNSName: "x"})
}

func verify(t *testing.T, ca *authority, pair keyPair, options x509.VerifyOptions) *x509.Certificate {
	t.Helper()
	loaded, err := tls.X509KeyPair(pair.cert, pair.key)
	if err != nil {
		t.Fatal(err)
	}
	options.Roots = x509.NewCertPool()
	options.Roots.AddCert(ca.cert)
	if _, err := loaded.Leaf.Verify(options); err != nil {
		t.Error(err)
	}
	return loaded.Leaf
}
