package native

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// TestALargeDaemonSetIsWithinTheBudget: an API server stops an expression at a
// million units of cost and a policy at ten million; an error then denies, in the
// policy that denies, and warns in the one that warns. The largest daemons that
// people run have a dozen containers and three dozen volumes.
func TestALargeDaemonSetIsWithinTheBudget(t *testing.T) {
	const containers, ports, volumes = 24, 16, 64
	var b strings.Builder
	b.WriteString("apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: large\n  namespace: core\n  annotations: {inshore.dev/node-local: required}\n" +
		"spec:\n  selector: {matchLabels: {app: large}}\n  template:\n    metadata: {labels: {app: large}}\n    spec:\n      volumes:\n")
	for v := range volumes {
		fmt.Fprintf(&b, "      - {name: volume-%d, hostPath: {path: /var/lib/large/%d, type: DirectoryOrCreate}}\n", v, v)
	}
	b.WriteString("      containers:\n")
	for c := range containers {
		fmt.Fprintf(&b, "      - name: container-%d\n        image: example.com/container\n        ports:\n", c)
		for p := range ports {
			fmt.Fprintf(&b, "        - {containerPort: %[1]d, hostPort: %[1]d}\n", 1000+c*ports+p)
		}
		b.WriteString("        volumeMounts:\n")
		for v := range volumes {
			fmt.Fprintf(&b, "        - {name: volume-%d, mountPath: /v/%d}\n", v, v)
		}
	}
	m := manifest{name: "large", kind: v1alpha1.KindDaemonSet, text: []byte(b.String())}
	if err := yaml.Unmarshal(m.text, &m.object); err != nil {
		t.Fatal(err)
	}
	if (&unstructured.Unstructured{Object: m.object}).GetName() != "large" {
		t.Fatal("the DaemonSet is not what was meant")
	}
	evaluators := evaluatorsOf(t, render(t, v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}))
	if got := len(evaluators[m.kind].messages(t, m)); got < containers*ports+volumes {
		t.Errorf("%d findings, want one a host port and one a directory at least", got)
	}
}
