package apiserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
)

// TestOnlyAPIServersCall gives an API server client certificates for the webhook,
// as docs/security.md says: the right one, one with another name, and none. Three
// Services lead to the same webhook, since the certificate goes by the Service.
func TestOnlyAPIServersCall(t *testing.T) {
	ca := newCallersCA(t)
	c := start(t, cluster.Config{
		Name: "e2e-callers",
		ControlPlaneFiles: map[string]string{
			"lib/inshore/admission-configuration.yaml": admissionConfiguration,
			"lib/inshore/kubeconfig": "apiVersion: v1\nkind: Config\nusers:\n" +
				ca.user(t, "inshore-webhook.inshore-system.svc", "kube-apiserver") + ca.user(t, "stranger.inshore-system.svc", "kubelet"),
		},
		APIServerArgs: []string{"--admission-control-config-file=/var/lib/inshore/admission-configuration.yaml"},
	})
	certificate, bundle, err := c.ServingCertificate(
		"inshore-webhook.inshore-system.svc", "stranger.inshore-system.svc", "nobody.inshore-system.svc")
	if err != nil {
		t.Fatal(err)
	}
	authorities := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(authorities, ca.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	address, health := outside.FreeAddress(t), outside.FreeAddress(t)
	outside.Run(t, "--kubeconfig", c.Kubeconfig(), "--listen", address, "--cert-dir", outside.WriteCertificate(t, certificate),
		"--metrics-listen", "", "--health-listen", health, "--client-ca-file", authorities, "--client-name", "kube-apiserver")
	host, port, err := net.SplitHostPort(outside.RelayFrom(t, c, c.ControlPlane().IPs[0].String(), address))
	if err != nil {
		t.Fatal(err)
	}
	text := "apiVersion: v1\nkind: Namespace\nmetadata: {name: inshore-system}\n"
	for _, door := range []string{"inshore-webhook", "stranger", "nobody"} {
		text += strings.NewReplacer("DOOR", door, "HOST", host, "PORT", port, "BUNDLE", bundle).Replace(doorManifests)
	}
	kubectl(t, c, text, "apply", "-f", "-")

	// mistake is a Service that only a verdict of the webhook refuses with ISH002.
	mistake := func(ctx context.Context, door string) string {
		service := strings.Replace(optedIn("proxy", "requird"), "annotations:", "labels: {door: "+door+"}\n  annotations:", 1)
		out, err := c.Kubectl(ctx, service, "create", "--dry-run=server", "-f", "-")
		if err == nil {
			return "let through: " + out
		}
		return err.Error()
	}
	wait(t, c, "a verdict for the API server that shows its certificate", func(ctx context.Context) (bool, string) {
		said := mistake(ctx, "inshore-webhook")
		return strings.Contains(said, "ISH002"), said
	})
	for _, door := range []string{"stranger", "nobody"} {
		wait(t, c, "a refusal by TLS through "+door, func(ctx context.Context) (bool, string) {
			said := mistake(ctx, door)
			if strings.Contains(said, "ISH002") {
				t.Errorf("%s got a verdict: %s", door, said)
			}
			return strings.Contains(said, "failed calling webhook") && strings.Contains(said, "remote error: tls: "), said
		})
	}
	response, err := http.Get("http://" + health + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/healthz answers %s to who shows no certificate", response.Status)
	}
}

const admissionConfiguration = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: MutatingAdmissionWebhook
    configuration:
      apiVersion: apiserver.config.k8s.io/v1
      kind: WebhookAdmissionConfiguration
      kubeConfigFile: /var/lib/inshore/kubeconfig
  - name: ValidatingAdmissionWebhook
    configuration:
      apiVersion: apiserver.config.k8s.io/v1
      kind: WebhookAdmissionConfiguration
      kubeConfigFile: /var/lib/inshore/kubeconfig
`

// doorManifests are one way to the webhook, for objects with its label.
const doorManifests = `---
apiVersion: v1
kind: Service
metadata: {name: DOOR, namespace: inshore-system}
spec:
  ports: [{port: 443, targetPort: PORT}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: DOOR
  namespace: inshore-system
  labels: {kubernetes.io/service-name: DOOR}
addressType: IPv4
endpoints: [{addresses: [HOST], conditions: {ready: true}}]
ports: [{port: PORT}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: DOOR}
webhooks:
  - name: DOOR.inshore.dev
    clientConfig: {service: {name: DOOR, namespace: inshore-system, path: /validate/services}, caBundle: BUNDLE}
    rules: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: [CREATE], scope: Namespaced}]
    objectSelector: {matchLabels: {door: DOOR}}
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
`

// callersCA issues client certificates for API servers.
type callersCA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newCallersCA(t *testing.T) callersCA {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "callers"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	key, der := sign(t, template, template, nil)
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return callersCA{certificate, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// sign makes a key and signs its certificate, by itself without a signer.
func sign(t *testing.T, template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return key, der
}

// user is an entry of the kubeconfig: for the server, by the name.
func (ca callersCA) user(t *testing.T, server, name string) string {
	t.Helper()
	key, der := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, ca.certificate, ca.key)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, bytes []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return fmt.Sprintf("  - name: %s\n    user:\n      client-certificate-data: %s\n      client-key-data: %s\n",
		server, encode("CERTIFICATE", der), encode("PRIVATE KEY", private))
}
