package scenarios

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// TestOutsideAPod runs the webhook by hand against an API server, the way
// docs/development.md says, with configurations that name it by url.
func TestOutsideAPod(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-outside"})
	certificate, bundle, err := s.c.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	address, decisions := freeAddress(s), filepath.Join(t.TempDir(), "decisions.log")
	run(s, "--kubeconfig", s.c.Kubeconfig(), "--listen", address, "--cert-dir", write(s, certificate),
		"--metrics-listen", "", "--health-listen", "", "--decision-log", decisions)
	s.kubectl(byURL(s, relay(s, address), bundle), "apply", "-f", "-")

	s.wait("the webhook to be called", func() (bool, string) {
		policy, err := s.c.Kubectl(s.ctx, service, "create", "--dry-run=server", "-f", "-", "-o", "jsonpath={.spec.internalTrafficPolicy}")
		return policy == "Local", fmt.Sprint(policy, err)
	})
	says(s, s.refused(strings.Replace(service, "required", "requird", 1), "create", "-f", "-"), "ISH002", "requird")
	replayed(s, decisions)
}

const service = `
apiVersion: v1
kind: Service
metadata:
  name: proxy
  namespace: default
  annotations: {inshore.dev/node-local: required}
spec:
  selector: {app: proxy}
  ports: [{port: 11211}]
`

// run starts the webhook and ends it with the test, by a signal as a person would.
func run(s story, args ...string) {
	s.Helper()
	binary, err := cluster.BuildGo(s.ctx, "./cmd/inshore-webhook")
	if err != nil {
		s.Fatal(err)
	}
	var log strings.Builder
	webhook := exec.Command(binary, append(args, "--shutdown-delay", "0s")...)
	webhook.Stderr = &log
	if err := webhook.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = webhook.Process.Signal(syscall.SIGTERM)
		if err := webhook.Wait(); err != nil || s.Failed() {
			s.Errorf("the webhook ended with %v; it said:\n%s", err, log.String())
		}
	})
}

func freeAddress(s story) string {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// write puts a certificate where --cert-dir wants it.
func write(s story, certificate tls.Certificate) string {
	s.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		s.Fatal(err)
	}
	dir := s.TempDir()
	var chain []byte
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	for name, text := range map[string][]byte{
		"tls.crt": chain,
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			s.Fatal(err)
		}
	}
	return dir
}

// relay listens on the loopback of the control plane's network, which is not
// the host's, and passes on to the webhook.
func relay(s story, address string) string {
	s.Helper()
	listener, err := s.c.ControlPlane().Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(from, address)
		}
	}()
	return listener.Addr().String()
}

func pass(from net.Conn, address string) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(to, from) }()
	_, _ = io.Copy(from, to)
}

// byURL are the two configurations for one kind, naming the webhook by url.
func byURL(s story, address string, bundle string) string {
	s.Helper()
	var text strings.Builder
	for _, c := range []struct{ kind, name, path, extra string }{
		{"MutatingWebhookConfiguration", "inshore-mutate", "/mutate/services", "reinvocationPolicy: IfNeeded"},
		{"ValidatingWebhookConfiguration", "inshore-validate", "/validate/services", "failurePolicy: Fail"},
	} {
		fmt.Fprintf(&text, `
apiVersion: admissionregistration.k8s.io/v1
kind: %s
metadata: {name: %s}
webhooks:
  - name: services.inshore.dev
    clientConfig: {url: "https://%s%s", caBundle: %s}
    rules: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: [CREATE, UPDATE], scope: Namespaced}]
    sideEffects: None
    admissionReviewVersions: [v1]
    %s
---
`, c.kind, c.name, address, c.path, bundle, c.extra)
	}
	return text.String()
}
