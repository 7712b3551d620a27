package parity

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
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
	address := outside.FreeAddress(t)
	outside.Run(t, "--kubeconfig", shared.Kubeconfig(), "--listen", address, "--cert-dir", outside.WriteCertificate(t, certificate),
		"--metrics-listen", "", "--health-listen", "", "--readiness-gate", string(gate))
	relay := outside.Relay(t, shared, address)

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
		for _, user := range []string{userWebhook, userGoverned} {
			configuration := asObject(m)
			configuration.SetName(configuration.GetName() + "-" + user + string(gate))
			configuration.SetNamespace("")
			for _, webhook := range configuration.Object["webhooks"].([]any) {
				webhook := webhook.(map[string]any)
				path, _, _ := unstructured.NestedString(webhook, "clientConfig", "service", "path")
				webhook["clientConfig"] = map[string]any{"url": "https://" + relay + path, "caBundle": bundle}
				if user == userGoverned {
					delete(webhook, "matchConditions")
				}
				onlyFor(webhook, user+string(gate))
			}
			apply(t, configuration)
		}
	}
}

// applyCRD makes the API server know NodeLocalPolicies.
func applyCRD(t *testing.T) {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "manifests", "base", "webhook", "inshore.dev_nodelocalpolicies.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	definitions, err := corpus.Manifests(text)
	if err != nil {
		t.Fatal(err)
	}
	definition := asObject(definitions[0])
	definition.SetNamespace("")
	apply(t, definition)
	raw := newClient(t, userRaw)
	err = cluster.Wait(t.Context(), "NodeLocalPolicies to be served", time.Minute, func(ctx context.Context) (bool, string, error) {
		_, err := raw.Resource(resources["NodeLocalPolicy"]).List(ctx, metav1.ListOptions{})
		return err == nil, fmt.Sprint(err), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// policies puts the policies of a case in force, and returns how to end that.
func (w *world) policies(t *testing.T, c *corpus.Case) (end func()) {
	t.Helper()
	manifests, err := corpus.Manifests(c.Policies)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifests {
		unstructured.RemoveNestedField(m.Object, "metadata", "namespace")
		if a := w.raw.write(t.Context(), asObject(m), false, false); a.err != nil {
			t.Fatal(a.err)
		}
	}
	return func() {
		for _, m := range manifests {
			w.raw.delete(context.Background(), asObject(m))
		}
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
