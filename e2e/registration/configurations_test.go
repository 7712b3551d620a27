package registration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/registration"
)

// configurations are the two as the manifests have them, but for an address
// outside the cluster.
func configurations(t *testing.T, address, bundle string) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "manifests", "base", "webhook", "webhooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	manifest := string(text)
	for _, path := range []string{
		registration.PathMutateServices, registration.PathMutateDaemonSets, registration.PathValidateServices, registration.PathValidateDaemonSets,
	} {
		service := fmt.Sprintf("      service:\n        name: inshore-webhook\n        namespace: inshore-system\n        port: 443\n        path: %s\n", path)
		if strings.Count(manifest, service) != 1 {
			t.Fatalf("webhooks.yaml does not name %s once, as this test expects", path)
		}
		manifest = strings.Replace(manifest, service, fmt.Sprintf("      url: https://%s%s\n      caBundle: %s\n",
			address, path, bundle), 1)
	}
	return manifest
}

// register applies the configurations, and takes them away with the test.
func register(t *testing.T, manifest string) {
	t.Helper()
	kubectl(t, manifest, "apply", "-f", "-")
	t.Cleanup(func() {
		if _, err := shared.Kubectl(context.Background(), manifest, "delete", "--ignore-not-found", "-f", "-"); err != nil {
			t.Error(err)
		}
	})
}

func getMutating(ctx context.Context) (*admissionv1.MutatingWebhookConfiguration, error) {
	return shared.Client().AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, registration.MutateName, metav1.GetOptions{})
}

func getValidating(ctx context.Context) (*admissionv1.ValidatingWebhookConfiguration, error) {
	return shared.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(ctx, registration.ValidateName, metav1.GetOptions{})
}

// awaitEntries waits until both configurations hold what the policies ask for and
// nothing else beside their base entries.
func awaitEntries(t *testing.T, set *enforcement.Set) {
	t.Helper()
	await(t, registration.MutateName, func(ctx context.Context) (string, error) {
		mutate, err := getMutating(ctx)
		if err != nil {
			return "", err
		}
		return cmp.Diff(registration.DeriveMutating(mutate, set), mutate.Webhooks[2:], unordered), nil
	})
	awaitValidating(t, set)
}

// awaitValidating is awaitEntries for one of them.
func awaitValidating(t *testing.T, set *enforcement.Set) {
	t.Helper()
	await(t, registration.ValidateName, func(ctx context.Context) (string, error) {
		validate, err := getValidating(ctx)
		if err != nil {
			return "", err
		}
		return cmp.Diff(registration.DeriveValidating(validate, set), validate.Webhooks[2:], unordered), nil
	})
}

func await(t *testing.T, name string, difference func(context.Context) (string, error)) {
	t.Helper()
	err := cluster.Wait(t.Context(), name+" to mean what the policies ask for", time.Minute, func(ctx context.Context) (bool, string, error) {
		found, err := difference(ctx)
		if err != nil {
			return false, err.Error(), nil
		}
		return found == "", found, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
