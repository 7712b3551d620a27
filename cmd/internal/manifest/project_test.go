package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/input"
)

// FuzzProjectIsDecode holds that the faster decoder reads what the API server's
// does, and refuses what that refuses, in the same words.
func FuzzProjectIsDecode(f *testing.F) {
	for _, seed := range []string{
		daemonSet,
		"apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {b: null}}\nspec: {ports: [{port: 1, targetPort: x}, {targetPort: 2}]}\n",
		"apiVersion: apps/v1\nkind: DaemonSet\nspec:\n  minReadySeconds: 1.5\n  template: {spec: {hostNetwork: yes, containers: [{ports: [{hostPort: 1e3}]}]}}\n",
		"apiVersion: apps/v1\nkind: DaemonSet\nSpec: {}\nspec: {updateStrategy: {rollingUpdate: {maxSurge: true}}}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {annotations: {a: 1}}\n",
		"apiVersion: v1\nkind: Service\nspec: {ports: [null], selector: [], clusterIP: \"\\u00e9\\ud800\"}\n",
		"apiVersion: v1\nkind: Service\nspec: {ports: [{port: 4294967296}], type: ~, \"\": 1}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, _ := Parse("f.yaml", data)
		for i := range objects {
			same[input.Service](t, &objects[i])
			same[input.DaemonSet](t, &objects[i])
			same[input.Workload](t, &objects[i])
		}
	})
}

func same[T any](t *testing.T, object *Object) {
	t.Helper()
	var decoded, projected T
	want, got := object.Decode(&decoded), object.Project(&projected)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problem (-Decode +Project):\n%s", diff)
	}
	if diff := cmp.Diff(decoded, projected); want == nil && diff != "" {
		t.Errorf("%T (-Decode +Project):\n%s", decoded, diff)
	}
}
