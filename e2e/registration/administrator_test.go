package registration

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
)

// TestWhatAdministratorsDoToConfigurationsHolds applies, upgrades and deletes the
// configurations while replicas keep them.
func TestWhatAdministratorsDoToConfigurationsHolds(t *testing.T) {
	_, address, bundle := listen(t)
	manifest := configurations(t, address, bundle)
	register(t, manifest)
	all := startReplicas(t, 2)
	h := record(t)
	t.Cleanup(func() {
		if _, err := shared.Kubectl(context.Background(), "", "delete", "nodelocalpolicies", "--all"); err != nil {
			t.Error(err)
		}
	})
	awaitEntries(t, policy(t, v1alpha1.EnforcementEnforce))

	t.Run("applying the manifests again leaves the entries alone", func(t *testing.T) {
		before := all.written.Load()
		kubectl(t, manifest, "apply", "-f", "-")
		kubectl(t, manifest, "apply", "--server-side", "--force-conflicts", "-f", "-")
		awaitEntries(t, policy(t, v1alpha1.EnforcementEnforce))
		settle(t, h)
		if after := all.written.Load(); after != before {
			t.Errorf("replicas had to write %d times", after-before)
		}
	})
	t.Run("what replaces them without the entries is completed", func(t *testing.T) {
		kubectl(t, manifest, "replace", "-f", "-")
		awaitEntries(t, policy(t, v1alpha1.EnforcementEnforce))
	})
	t.Run("entries in a newer form are left to newer replicas", func(t *testing.T) {
		kubectl(t, "", "annotate", "--overwrite", "mutatingwebhookconfiguration", "inshore-mutate", "inshore.dev/registration-format=2")
		before, err := getMutating(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		set := policy(t, v1alpha1.EnforcementWarn)
		awaitValidating(t, set)
		settle(t, h)
		after, err := getMutating(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(before, after); difference != "" {
			t.Errorf("it was changed:\n%s", difference)
		}
		kubectl(t, "", "annotate", "--overwrite", "mutatingwebhookconfiguration", "inshore-mutate", "inshore.dev/registration-format=1")
		awaitEntries(t, set)
	})
	t.Run("a configuration that was deleted stays so, and gets its entries when it is applied again", func(t *testing.T) {
		kubectl(t, "", "delete", "mutatingwebhookconfiguration", "inshore-mutate")
		set := policy(t, v1alpha1.EnforcementEnforce)
		awaitValidating(t, set)
		settle(t, h)
		if _, err := getMutating(t.Context()); !apierrors.IsNotFound(err) {
			t.Errorf("reading it gives %v, want it not to be found", err)
		}
		kubectl(t, manifest, "apply", "-f", "-")
		awaitEntries(t, set)
	})
}

// policy applies the policy of [corePolicy] and returns it.
func policy(t *testing.T, enforced v1alpha1.Enforcement) *enforcement.Set {
	t.Helper()
	text := fmt.Sprintf(corePolicy, enforced)
	kubectl(t, text, "apply", "-f", "-")
	p := &v1alpha1.NodeLocalPolicy{}
	if err := yaml.Unmarshal([]byte(text), p); err != nil {
		t.Fatal(err)
	}
	return enforcement.New([]*v1alpha1.NodeLocalPolicy{p})
}
