package parity

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// inshore runs the CLI. Exit code 1 tells of violations and is none.
func inshore(ctx context.Context, t *testing.T, args ...string) []byte {
	t.Helper()
	var out, errOut bytes.Buffer
	command := exec.CommandContext(ctx, cli, args...)
	command.Stdout, command.Stderr = &out, &errOut
	if err := command.Run(); err != nil && command.ProcessState.ExitCode() != 1 {
		t.Fatalf("inshore %v: %v\n%s", args, err, errOut.String())
	}
	return out.Bytes()
}

// applyNative applies what `inshore native` writes, for one user.
func applyNative(t *testing.T, gate v1alpha1.ReadinessGate) {
	t.Helper()
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal(inshore(t.Context(), t, "native", "-o", "json", "--readiness-gate", string(gate)), &list); err != nil {
		t.Fatal(err)
	}
	for _, item := range list.Items {
		object := &unstructured.Unstructured{Object: item}
		object.SetName(object.GetName() + "-" + string(gate))
		spec := item["spec"].(map[string]any)
		if policy, is := spec["policyName"]; is {
			spec["policyName"] = policy.(string) + "-" + string(gate)
		} else {
			onlyFor(spec, userNative+string(gate))
		}
		apply(t, object)
	}
}

// expressed are the ids of the rules that the native policies hold.
func expressed(t *testing.T) map[string]bool {
	t.Helper()
	var list struct {
		Rules []struct {
			ID        string `json:"id"`
			Expressed bool   `json:"expressed"`
		} `json:"rules"`
	}
	if err := json.Unmarshal(inshore(t.Context(), t, "native", "--list", "-o", "json"), &list); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, rule := range list.Rules {
		ids[rule.ID] = rule.Expressed
	}
	return ids
}

// optingOut is what the policies do otherwise than the webhook, and say so.
func optingOut(t *testing.T, w *world) {
	object := service(map[string]string{"inshore.dev/node-local": "required"})
	client := w.clients[userNative+string(v1alpha1.ReadinessGateNone)]
	stored := client.write(t.Context(), object, false, false)
	if stored.err != nil {
		t.Fatal(stored.err)
	}
	defer w.raw.delete(context.Background(), object)
	out := &unstructured.Unstructured{Object: stored.object}
	out.SetAnnotations(nil)
	a := client.write(t.Context(), out, true, true)
	if a.err != nil {
		t.Fatal(a.err)
	}
	policy, _, _ := unstructured.NestedString(a.object, "spec", "internalTrafficPolicy")
	labels := (&unstructured.Unstructured{Object: a.object}).GetLabels()
	if policy != "Local" || len(labels) > 0 {
		t.Errorf("opting out leaves internalTrafficPolicy %q and labels %v, want Local and none", policy, labels)
	}
	if !strings.Contains(strings.Join(a.warnings, "\n"), "stay as they are") {
		t.Errorf("the warnings are %q, want one that the fields stay as they are", a.warnings)
	}
}
