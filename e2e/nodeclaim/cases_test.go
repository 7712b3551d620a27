package nodeclaim

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	coordination "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// writer is a client of an account's token, bound to a pod.
func writer(t *testing.T, namespace, account, pod string) kubernetes.Interface {
	t.Helper()
	bound, err := shared.Client().CoreV1().Pods(namespace).Get(t.Context(), pod, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := as(t.Context(), shared, namespace, account, bound)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// conditions is a patch of a pod's status by type and status.
func conditions(pairs ...string) string {
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, fmt.Sprintf(`{"type":%q,"status":%q}`, pairs[i], pairs[i+1]))
	}
	return `{"status":{"conditions":[` + strings.Join(list, ",") + `]}}`
}

func TestPodStatus(t *testing.T) {
	agent := writer(t, "inshore-agent", "inshore-agent", "agent-one")
	webhook := writer(t, "inshore-system", "inshore-webhook", "webhook")
	const own, others, only = "daemon-one", "daemon-two", "only the condition inshore.dev/routed may be changed"
	tests := map[string]struct {
		by      kubernetes.Interface
		pod     string
		patch   string
		refusal string // A part of the answer; empty means that it is allowed.
	}{
		"if an agent marks a pod of its node, it may":               {agent, own, routed("True"), ""},
		"if it marks it again, it may":                              {agent, own, conditions("inshore.dev/routed", "True"), ""},
		"if it marks another node's pod, it may not":                {agent, others, routed("True"), "the agent on node one may mark pods of its own node only; this pod is on two"},
		"if it sets the condition to False, it may not":             {agent, own, routed("False"), "may be set to True"},
		"if it sets another condition as well, it may not":          {agent, own, conditions("inshore.dev/routed", "True", "Ready", "True"), only + ", no other condition"},
		"if it changes the phase, it may not":                       {agent, own, `{"status":{"phase":"Failed","conditions":[{"type":"inshore.dev/routed","status":"True"}]}}`, only + ", no other part"},
		"if it gives the pod an address, it may not":                {agent, own, `{"status":{"podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],"conditions":[{"type":"inshore.dev/routed","status":"True"}]}}`, only + ", no other part"},
		"if it labels the pod by way of its status, it may not":     {agent, own, `{"metadata":{"labels":{"app":"other"}},"status":{"conditions":[{"type":"inshore.dev/routed","status":"True"}]}}`, only + ", not the pod's metadata"},
		"if it adds a finalizer that way, it may not":               {agent, own, `{"metadata":{"finalizers":["a.example/b"]},"status":{"conditions":[{"type":"inshore.dev/routed","status":"True"}]}}`, only + ", not the pod's metadata"},
		"if the webhook marks a pod of any node, it may":            {webhook, others, routed("True"), ""},
		"if the webhook sets another condition, it may not":         {webhook, others, conditions("Ready", "True"), "inshore.dev/routed"},
		"if the webhook sets the condition to False, it may not":    {webhook, others, routed("False"), "may be set to True"},
		"if an agent patches the pod beside its status, it may not": {nil, own, "", "cannot patch resource"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// The condition is there before what is refused: then only the
			// refusal's own reason is left.
			if err := patch(t.Context(), agent, own, routed("True")); err != nil {
				t.Fatal(err)
			}
			if err := patch(t.Context(), webhook, others, routed("True")); err != nil {
				t.Fatal(err)
			}
			var err error
			if test.by == nil {
				_, err = agent.CoreV1().Pods("default").Patch(t.Context(), test.pod, types.MergePatchType,
					[]byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{})
			} else {
				err = patch(t.Context(), test.by, test.pod, test.patch)
			}
			requireVerdict(t, err, test.refusal)
		})
	}
}

func requireVerdict(t *testing.T, err error, refusal string) {
	t.Helper()
	switch {
	case refusal == "" && err != nil:
		t.Errorf("refused: %v", err)
	case refusal != "" && (err == nil || !strings.Contains(err.Error(), refusal)):
		t.Errorf("answered %v, want a refusal that says %q", err, refusal)
	}
}

func TestAFreshPodCanBeMarked(t *testing.T) {
	var text strings.Builder
	pod(&text, "default", "fresh", "default", "two")
	if err := shared.Apply(t.Context(), text.String()); err != nil {
		t.Fatal(err)
	}
	if err := patch(t.Context(), writer(t, "inshore-agent", "inshore-agent", "agent-two"), "fresh", routed("True")); err != nil {
		t.Error(err)
	}
}

func createLease(ctx context.Context, client kubernetes.Interface, name string) error {
	_, err := client.CoordinationV1().Leases("inshore-agent").Create(ctx,
		&coordination.Lease{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	return err
}

func TestLeases(t *testing.T) {
	agent := writer(t, "inshore-agent", "inshore-agent", "agent-one")
	renew := func(ctx context.Context, name string) error {
		leases := agent.CoordinationV1().Leases("inshore-agent")
		lease, err := leases.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		lease.Spec.HolderIdentity = new("agent-one")
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
		return err
	}
	requireVerdict(t, createLease(t.Context(), agent, "one"), "")
	requireVerdict(t, renew(t.Context(), "one"), "")
	requireVerdict(t, createLease(t.Context(), agent, "two"), "the agent on node one may write the Lease of that name only")
	other := writer(t, "inshore-agent", "inshore-agent", "agent-two")
	requireVerdict(t, createLease(t.Context(), other, "two"), "")
	requireVerdict(t, renew(t.Context(), "two"), "the agent on node one may write the Lease of that name only")
	err := agent.CoordinationV1().Leases("inshore-agent").Delete(t.Context(), "one", metav1.DeleteOptions{})
	requireVerdict(t, err, "cannot delete resource")
}

// A token that the account's owner asks for without a pod names no node.
func TestATokenWithoutANodeWritesNothing(t *testing.T) {
	client, err := as(t.Context(), shared, "inshore-agent", "inshore-agent", nil)
	if err != nil {
		t.Fatal(err)
	}
	requireVerdict(t, patch(t.Context(), client, "daemon-one", routed("True")), "this token names no node")
	requireVerdict(t, createLease(t.Context(), client, "three"), "this token names no node")
}

// Everybody else is judged as before.
func TestOthersAreNotJudged(t *testing.T) {
	if err := patch(t.Context(), shared.Client(), "daemon-two", conditions("example.com/other", "True")); err != nil {
		t.Error(err)
	}
}

// A controller of the cluster checks the expressions against the types that they
// are about: a misspelt field would be no error before it is evaluated.
func TestTheExpressionsFitTheTypes(t *testing.T) {
	for _, name := range []string{"inshore-pod-status", "inshore-agent-lease"} {
		err := cluster.Wait(t.Context(), "the type check of "+name, time.Minute, func(ctx context.Context) (bool, string, error) {
			policy, err := shared.Client().AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(ctx, name, metav1.GetOptions{})
			if err != nil || policy.Status.TypeChecking == nil {
				return false, "not checked yet", err
			}
			for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
				t.Errorf("%s: %s: %s", name, warning.FieldRef, warning.Warning)
			}
			return true, "", nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
