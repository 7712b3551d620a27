package registration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
)

const namespaces = `
{apiVersion: v1, kind: Namespace, metadata: {name: core, labels: {team: core}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: inshore-system, labels: {team: core}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: inshore-agent, labels: {team: core}}}
`

const corePolicy = `
apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: core}
spec:
  enforcement: %s
  namespaceSelector: {matchLabels: {team: core}}
  objectSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [edge]}]}
  services: {nodeLocal: required}
  daemonSets: {nodeLocal: required}
`

func service(metadata, spec string) string {
	return "{apiVersion: v1, kind: Service, metadata: {" + metadata + "}, spec: {ports: [{port: 80}], " + spec + "}}"
}

func daemonSet(metadata string) string {
	return "{apiVersion: apps/v1, kind: DaemonSet, metadata: {" + metadata + "}, spec: {selector: {matchLabels: {a: b}}, template: " +
		"{metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}"
}

// selects is the spec of a Service that a policy can be about.
const selects = "selector: {a: b}"

var (
	serviceCalls   = []string{"/mutate/services", "/validate/services"}
	daemonSetCalls = []string{"/mutate/daemonsets", "/validate/daemonsets"}
	validateOnly   = []string{"/validate/services"}
)

// step is a request and the calls that it costs.
type step struct {
	sentence string
	stdin    string
	args     string
	enforce  []string
	warn     []string
}

var steps = []step{
	{"a Service that a DaemonSet may answer", service("name: s, namespace: core", selects), "create -f -", serviceCalls, validateOnly},
	{"its update asks for a verdict only", "", "-n core label service s x=y", validateOnly, validateOnly},
	{"its status is nobody's", "", `-n core patch service s --subresource=status --type=merge -p {"status":{"loadBalancer":{}}}`, nil, nil},
	{"opting in asks as ever, once", "", "-n core annotate service s inshore.dev/node-local=required", serviceCalls, serviceCalls},
	{"so does an update of what is annotated", "", "-n core label service s x=z --overwrite", serviceCalls, serviceCalls},
	{"so does opting out", "", "-n core annotate service s inshore.dev/node-local-", serviceCalls, serviceCalls},
	{"deleting it", "", "-n core delete service s", nil, nil},
	{"an annotated one from the start", service("name: t, namespace: core, annotations: {inshore.dev/node-local: required}", selects), "create -f -", serviceCalls, serviceCalls},
	{"an annotated one in a namespace that no policy chooses", service("name: t, namespace: shop, annotations: {inshore.dev/drain: x}", selects), "create -f -", serviceCalls, serviceCalls},
	{"a headless Service", service("name: h, namespace: core", selects+", clusterIP: None"), "create -f -", nil, nil},
	{"its update", "", "-n core label service h x=y", nil, nil},
	{"a Service without a selector", service("name: none, namespace: core", "type: ClusterIP"), "create -f -", nil, nil},
	{"an ExternalName", service("name: e, namespace: core", "type: ExternalName, externalName: a.example.com, "+selects), "create -f -", nil, nil},
	{"a label that the policy does not choose", service("name: l, namespace: core, labels: {tier: edge}", selects), "create -f -", nil, nil},
	{"a namespace that the policy does not choose", service("name: o, namespace: shop", selects), "create -f -", nil, nil},
	{"kube-system, whatever its labels", service("name: o, namespace: kube-system", selects), "create -f -", nil, nil},
	{"our own namespace, whatever its labels", service("name: o, namespace: inshore-system", selects), "create -f -", nil, nil},
	{"the agents' namespace, whatever its labels", service("name: o, namespace: inshore-agent", selects), "create -f -", nil, nil},
	{"a DaemonSet", daemonSet("name: d, namespace: core"), "create -f -", daemonSetCalls, daemonSetCalls[1:]},
	{"its update", "", "-n core label daemonset d x=y", daemonSetCalls[1:], daemonSetCalls[1:]},
	{"one on the host's network", strings.Replace(daemonSet("name: net, namespace: core"), "spec: {containers", "spec: {hostNetwork: true, containers", 1), "create -f -", nil, nil},
	{"its repair", "", "-n core label daemonset net x=y", nil, nil},
	{"a DaemonSet elsewhere", daemonSet("name: d, namespace: shop"), "create -f -", nil, nil},
	{"a DaemonSet of kube-system", daemonSet("name: d, namespace: kube-system"), "create -f -", nil, nil},
	{"a kind that is no concern of ours", "", "-n core create configmap c", nil, nil},
}

func TestWhatCostsACall(t *testing.T) {
	l, address, bundle := listen(t)
	register(t, configurations(t, address, bundle))
	kubectl(t, namespaces, "apply", "-f", "-")
	kubectl(t, "", "label", "namespace", "kube-system", "team=core", "--overwrite")
	startReplicas(t, 1)
	for _, enforced := range []v1alpha1.Enforcement{v1alpha1.EnforcementEnforce, v1alpha1.EnforcementWarn} {
		t.Run(string(enforced), func(t *testing.T) {
			policy := fmt.Sprintf(corePolicy, enforced)
			kubectl(t, policy, "apply", "-f", "-")
			awaitCalls(t, l, enforced)
			for _, step := range steps {
				want := step.enforce
				if enforced == v1alpha1.EnforcementWarn {
					want = step.warn
				}
				kubectl(t, step.stdin, strings.Fields(step.args)...)
				if calls := l.take(); !slices.Equal(calls, want) {
					t.Errorf("%s: calls %q, want %q", step.sentence, calls, want)
				}
			}
			kubectl(t, "", "-n", "core", "delete", "services,daemonsets,configmaps", "--all")
			for _, namespace := range []string{"shop", "kube-system", "inshore-system", "inshore-agent"} {
				kubectl(t, "", "-n", namespace, "delete", "services,daemonsets", "--all")
			}
			l.take()
		})
	}
	kubectl(t, "", "delete", "nodelocalpolicies", "--all")
	awaitProbe(t, l, nil)
}

// awaitCalls waits until the API server calls as a policy asks, which is after it
// has stored the entries.
func awaitCalls(t *testing.T, l *listener, enforced v1alpha1.Enforcement) {
	t.Helper()
	want := serviceCalls
	if enforced == v1alpha1.EnforcementWarn {
		want = validateOnly
	}
	awaitProbe(t, l, want)
}

// awaitProbe waits until a Service costs these calls, some perhaps repeatedly.
func awaitProbe(t *testing.T, l *listener, want []string) {
	t.Helper()
	err := cluster.Wait(t.Context(), fmt.Sprintf("a Service to cost calls %q", want), time.Minute, func(ctx context.Context) (bool, string, error) {
		l.take()
		if _, err := shared.Kubectl(ctx, service("name: probe, namespace: core", selects), "create", "--dry-run=server", "-f", "-"); err != nil {
			return false, err.Error(), nil
		}
		calls := slices.Compact(l.take())
		return slices.Equal(calls, want), fmt.Sprintf("calls %q", calls), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
