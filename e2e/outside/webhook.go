package outside

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Program is the webhook's, for cluster.BuildGo.
const Program = "./cmd/inshore-webhook"

// Run starts the webhook and ends it with the test, by a signal as a person would
// end it. What it said is shown if the test fails.
func Run(t testing.TB, args ...string) {
	t.Helper()
	binary, err := cluster.BuildGo(t.Context(), Program)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	webhook := exec.Command(binary, append(args, "--shutdown-delay", "0s")...)
	webhook.Stderr = &log
	if err := webhook.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = webhook.Process.Signal(syscall.SIGTERM)
		if err := webhook.Wait(); err != nil || t.Failed() {
			t.Errorf("the webhook ended with %v; it said:\n%s", err, log.String())
		}
	})
}

// WriteCertificate puts a certificate into a folder, which lasts as long as the
// test, as --cert-dir wants it.
func WriteCertificate(t testing.TB, certificate tls.Certificate) (folder string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	var chain []byte
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	folder = t.TempDir()
	for name, text := range map[string][]byte{
		"tls.crt": chain,
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
