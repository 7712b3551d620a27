package registration

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// other is a webhook of somebody else that undoes what ours wrote.
const other = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: zz-other}
webhooks:
  - name: other.example.com
    admissionReviewVersions: [v1]
    clientConfig: {url: "https://%s/other", caBundle: %s}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [services], scope: Namespaced}]
    namespaceSelector: {matchLabels: {team: core}}
    sideEffects: None
`

// TestWhatAnotherWebhookUndoesIsWrittenAgain holds the condition of a policy's
// entry to reinvocation: an object that we have just put under a policy is
// annotated by us, and must be sent again all the same.
func TestWhatAnotherWebhookUndoesIsWrittenAgain(t *testing.T) {
	l, address, bundle := listen(t)
	register(t, configurations(t, address, bundle))
	kubectl(t, namespaces, "apply", "-f", "-")
	startReplicas(t, 1)
	kubectl(t, fmt.Sprintf(corePolicy, v1alpha1.EnforcementEnforce), "apply", "-f", "-")
	awaitCalls(t, l, v1alpha1.EnforcementEnforce)
	manifest := fmt.Sprintf(other, address, bundle)
	kubectl(t, manifest, "apply", "-f", "-")
	t.Cleanup(func() {
		for _, args := range [][]string{{"delete", "-f", "-"}, {"delete", "nodelocalpolicies", "--all"}} {
			if _, err := shared.Kubectl(context.Background(), manifest, args...); err != nil {
				t.Error(err)
			}
		}
	})
	awaitProbe(t, l, []string{"/mutate/services", "/other", "/validate/services"})
	l.answers(`[{"op": "add", "path": "/metadata/annotations", "value": {"inshore.dev/enforced-by": "{}", "inshore.dev/previous": "{}"}},` +
		`{"op": "add", "path": "/spec/internalTrafficPolicy", "value": "Local"}]`)
	l.take()
	written := kubectl(t, service("name: again, namespace: core", selects), "create", "--dry-run=server", "-f", "-", "-o", "jsonpath={.spec.internalTrafficPolicy}")
	if written != "Local" {
		t.Errorf("the Service ends with internalTrafficPolicy %s: the other webhook had the last word", written)
	}
	if calls := l.take(); !slices.Equal(calls, []string{"/mutate/services", "/mutate/services", "/other", "/validate/services"}) {
		t.Errorf("calls %q, want mutation twice and one verdict, by the base entry", calls)
	}
}
