package scenarios

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
)

// TestOutsideAPod runs the webhook by hand against an API server, the way
// docs/development.md says, with configurations that name it by url.
func TestOutsideAPod(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-outside"})
	certificate, bundle, err := s.c.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	address, decisions := outside.FreeAddress(s), filepath.Join(t.TempDir(), "decisions.log")
	outside.Run(s, "--kubeconfig", s.c.Kubeconfig(), "--listen", address, "--cert-dir", outside.WriteCertificate(s, certificate),
		"--metrics-listen", "", "--health-listen", "", "--decision-log", decisions)
	s.kubectl(byURL(s, outside.Relay(s, s.c, address), bundle), "apply", "-f", "-")

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
