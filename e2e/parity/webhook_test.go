package parity

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/policies/corpus"
)

// startWebhook runs inshore-webhook outside a pod with a default gate, and
// registers it, as the shipped manifests do, for one user.
func startWebhook(t *testing.T, gate v1alpha1.ReadinessGate) {
	t.Helper()
	certificate, bundle, err := shared.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	runWebhook(t, "--kubeconfig", shared.Kubeconfig(), "--listen", address, "--cert-dir", writeCertificate(t, certificate),
		"--metrics-listen", "", "--health-listen", "", "--readiness-gate", string(gate))
	relay := relayTo(t, address)

	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "manifests", "base", "webhook", "webhooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	configurations, err := corpus.Manifests(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range configurations {
		configuration := asObject(m)
		configuration.SetName(configuration.GetName() + "-" + string(gate))
		configuration.SetNamespace("")
		for _, webhook := range configuration.Object["webhooks"].([]any) {
			webhook := webhook.(map[string]any)
			path, _, _ := unstructured.NestedString(webhook, "clientConfig", "service", "path")
			webhook["clientConfig"] = map[string]any{"url": "https://" + relay + path, "caBundle": bundle}
			onlyFor(webhook, userWebhook+string(gate))
		}
		apply(t, configuration)
	}
}

// onlyFor adds a match condition on who asks.
func onlyFor(spec map[string]any, user string) {
	conditions, _ := spec["matchConditions"].([]any)
	spec["matchConditions"] = append([]any{map[string]any{
		"name": "user", "expression": "request.userInfo.username == '" + user + "'",
	}}, conditions...)
}

func apply(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	if a := newClient(t, userRaw).write(t.Context(), object, false, false); a.err != nil {
		t.Fatal(a.err)
	}
}

// runWebhook ends with the test, by a signal as a person would end it.
func runWebhook(t *testing.T, args ...string) {
	t.Helper()
	binary, err := cluster.BuildGo(t.Context(), "./cmd/inshore-webhook")
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
		if err := webhook.Wait(); err != nil {
			t.Errorf("the webhook ended with %v; it said:\n%s", err, log.String())
		}
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func writeCertificate(t *testing.T, certificate tls.Certificate) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var chain []byte
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	for name, text := range map[string][]byte{
		"tls.crt": chain,
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// relayTo listens on the loopback of the control plane's network, which is not
// the host's, and passes on to an address there.
func relayTo(t *testing.T, address string) string {
	t.Helper()
	listener, err := shared.ControlPlane().Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
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
