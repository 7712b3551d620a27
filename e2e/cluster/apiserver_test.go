package cluster_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

func TestAPIServerOnlyStartsInSecondsAndStoresObjects(t *testing.T) {
	c := start(t, cluster.Config{Name: "test-api"})
	must(t, c.Apply(t.Context(), "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shore\n"))
	names, err := c.Kubectl(t.Context(), "", "get", "namespaces", "-o", "name")
	must(t, err)
	if !strings.Contains(names, "namespace/shore") {
		t.Errorf("namespaces: got %q, want shore among them", names)
	}
	inside, err := c.ControlPlane().Exec(t.Context(), c.KubectlPath(), "--kubeconfig", c.InsideKubeconfig(), "get", "namespaces", "-o", "name")
	must(t, err)
	if inside != names {
		t.Errorf("namespaces as a machine sees them: got %q, want %q", inside, names)
	}
}

func TestAPIServerCallsAWebhookThatTheTestServes(t *testing.T) {
	c := start(t, cluster.Config{Name: "test-webhook"})
	listener, err := c.ControlPlane().Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	server, bundle, err := c.ServingCertificate("127.0.0.1")
	must(t, err)
	called := make(chan struct{}, 100)
	webhook := &http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{server}},
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			select {
			case called <- struct{}{}:
			default:
			}
		}),
	}
	go func() { _ = webhook.ServeTLS(listener, "", "") }()
	defer webhook.Close()

	must(t, c.Apply(t.Context(), fmt.Sprintf(`apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: probe
webhooks:
- name: probe.inshore.dev
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig:
    url: https://%s/
    caBundle: %s
  rules:
  - apiGroups: [""]
    apiVersions: [v1]
    resources: [configmaps]
    operations: [CREATE]
`, listener.Addr(), bundle)))
	number := 0
	must(t, cluster.Wait(t.Context(), "the webhook to be called", limit, func(ctx context.Context) (bool, string, error) {
		number++
		_, err := c.Kubectl(ctx, "", "create", "configmap", fmt.Sprintf("probe-%d", number))
		return len(called) > 0, fmt.Sprintf("%d config maps created, no call", number), err
	}))
}

func TestControllersWithoutNodesMakeServiceAccounts(t *testing.T) {
	c := start(t, cluster.Config{Name: "test-controllers", Controllers: true})
	must(t, cluster.Wait(t.Context(), "the default service account", limit, func(ctx context.Context) (bool, string, error) {
		out, err := c.Kubectl(ctx, "", "get", "serviceaccount", "default", "--ignore-not-found", "-o", "name")
		return strings.TrimSpace(out) != "", out, err
	}))
}

func TestCertManagerIssuesACertificateAndFillsABundle(t *testing.T) {
	c := start(t, cluster.Config{Name: "test-cm", Controllers: true})
	must(t, c.StartCertManager(t.Context()))
	must(t, c.Apply(t.Context(), certificateAndWebhook))
	must(t, cluster.Wait(t.Context(), "the CA injector to fill the bundle", limit, func(ctx context.Context) (bool, string, error) {
		bundle, err := c.Kubectl(ctx, "", "get", "validatingwebhookconfiguration", "probe",
			"-o", "jsonpath={.webhooks[0].clientConfig.caBundle}")
		return bundle != "", "caBundle is empty", err
	}))
}

const certificateAndWebhook = `apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  name: own
  namespace: default
spec:
  selfSigned: {}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: webhook
  namespace: default
spec:
  secretName: webhook
  dnsNames: [webhook.default.svc]
  issuerRef:
    name: own
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: probe
  annotations:
    cert-manager.io/inject-ca-from: default/webhook
webhooks:
- name: probe.inshore.dev
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
  clientConfig:
    service:
      name: webhook
      namespace: default
`

func TestStoppedComponentIsMissedAndComesBack(t *testing.T) {
	c := start(t, cluster.Config{Name: "test-component"})
	restart, err := c.StopComponent(t.Context(), c.ControlPlane(), "kube-apiserver")
	must(t, err)
	soon, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := c.Kubectl(soon, "", "get", "namespaces"); err == nil {
		t.Error("kubectl works without an API server")
	}
	must(t, c.Err())
	must(t, restart())
	must(t, cluster.Wait(t.Context(), "the API server to be back", limit, func(ctx context.Context) (bool, string, error) {
		_, err := c.Kubectl(ctx, "", "get", "namespaces")
		return err == nil, fmt.Sprint(err), nil
	}))
	if _, err := c.StopComponent(t.Context(), c.ControlPlane(), "kube-proxy"); err == nil {
		t.Error("a component that does not run there was stopped")
	}
}
