package mutate_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whoever may edit an object may write its record too. What the record says of
// fields that Inshore never writes must have no effect, or the webhook would write
// for them what another check lets only us write.
func TestAForgedRecordReachesNoFieldButOurs(t *testing.T) {
	forged := map[string]any{}
	for pointer, from := range map[string]any{
		"/spec/selector":                                           object{"app": "other"},
		"/spec/selector/app":                                       "other",
		"/spec/externalIPs":                                        []any{"192.0.2.1"},
		"/spec/type":                                               "ExternalName",
		"/metadata/ownerReferences":                                []any{object{"kind": "Node"}},
		"/metadata/finalizers":                                     []any{"example.com/stay"},
		"/metadata/labels/tier":                                    "trusted",
		"/metadata/namespace":                                      "kube-system",
		"/spec/template/spec/hostPID":                              true,
		"/spec/template/spec/nodeName":                             "control-plane",
		"/spec/template/spec/containers/0/image":                   "example.com/other",
		"/spec/template/spec/containers/0/securityContext":         object{"privileged": true},
		"/spec/template/spec/containers/mc/lifecycle/postStart":    object{"exec": object{"command": []any{"sh"}}},
		"/spec/template/spec/serviceAccountName":                   "admin",
		"/spec/template/spec/volumes":                              []any{object{"name": "root", "hostPath": object{"path": "/"}}},
		"/spec/updateStrategy/rollingUpdate/../../template/../any": "x",
	} {
		// As if we had written what the fields hold.
		forged[pointer] = object{"from": from, "to": "cache"}
	}
	text, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	record, err := json.Marshal(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string]string{"while opting in": "required", "while opting out": "disabled"} {
		annotations := "annotations: {inshore.dev/node-local: " + words + ", inshore.dev/previous: " + string(record) + "}"
		for kind, sent := range map[string]object{
			"a Service": service(t, annotations+", labels: {tier: cache}", "selector: {app: cache}, type: ClusterIP"),
			"a DaemonSet": fromYAML(t, "{apiVersion: apps/v1, kind: DaemonSet, metadata: {"+annotations+
				"}, spec: {selector: {matchLabels: {app: cache}}, template: {metadata: {labels: {app: cache}}, spec: {containers: [{name: mc, image: cache}]}}}}"),
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				if diff := cmp.Diff(others(t, sent), others(t, admit(t, sent, nil, kubernetes))); diff != "" {
					t.Errorf("(-sent +mutated):\n%s", diff)
				}
			})
		}
	}
}
