package review

import (
	"strings"
	"testing"
)

func TestReadPolicies(t *testing.T) {
	const head = "apiVersion: inshore.dev/v1alpha1\nkind: NodeLocalPolicy\nmetadata: {name: p}\nspec:\n  exceptions:\n"
	const good = "  - rule: ISH201\n    object: {kind: DaemonSet, namespace: core, name: x}\n    owner: me\n    reason: because\n    expires: 2030-01-31T00:00:00Z\n"
	for name, test := range map[string]struct {
		text  string
		count int
		want  string // errors, one a line; empty for none
	}{
		"a policy":                     {head + good, 1, ""},
		"a policy among other objects": {"apiVersion: v1\nkind: ConfigMap\n---\n" + head + good + "---\nkind: x\n", 1, ""},
		"a misspelt field": {head + strings.Replace(good, "expires", "expire", 1), 0,
			`p.yaml:10: not a NodeLocalPolicy: unknown field "spec.exceptions[0].expire"`},
		"no end": {head + strings.Replace(good, "    expires: 2030-01-31T00:00:00Z\n", "", 1), 0,
			"p.yaml:6: spec.exceptions[0].expires: Required value: an exception without an end is a rule switched off; write a time, 2027-01-31T00:00:00Z"},
		"an end that is no time": {head + strings.Replace(good, "2030-01-31T00:00:00Z", "someday", 1), 0, "p.yaml:1: not a NodeLocalPolicy:"},
		"nobody who answers for it": {head + good + strings.Replace(good, "owner: me", `owner: " "`, 1), 0,
			"p.yaml:13: spec.exceptions[1].owner: Required value: an exception names its rule, its object, who answers for it, why, and until when"},
		"a rule that has no exceptions": {head + strings.Replace(good, "ISH201", "ISH002", 1), 0,
			"p.yaml:6: spec.exceptions[0].rule: Forbidden: annotations and manifests that cannot be read (ISH0xx) have no exceptions: correct them"},
		"another kind": {head + strings.Replace(good, "kind: DaemonSet", "kind: Pod", 1), 0,
			`p.yaml:7: spec.exceptions[0].object.kind: Unsupported value: "Pod": supported values: "Service", "DaemonSet"`},
		"no name": {strings.Replace(head, "name: p", "labels: {}", 1) + good, 0,
			"p.yaml:3: metadata.name: Required value: reports name the policy of each exception"},
		"another version": {strings.Replace(head, "v1alpha1", "v2", 1) + good, 0,
			"p.yaml:1: there is no inshore.dev/v2 NodeLocalPolicy; it is inshore.dev/v1alpha1"},
		"not YAML": {head + good + "---\na: b: c\n", 0, "p.yaml:12: not YAML: mapping values are not allowed in this context"},
		"two faults": {head + strings.Replace(strings.Replace(good, "owner: me", "owner: ''", 1), "because", "", 1), 0,
			"p.yaml:8: spec.exceptions[0].owner: Required value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, map[string]string{"p.yaml": test.text})
			found, err := ReadPolicies([]string{"."})
			switch {
			case test.want == "" && (err != nil || len(found) != test.count):
				t.Errorf("%d policies, %v; want %d", len(found), err, test.count)
			case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)):
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}
