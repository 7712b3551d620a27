package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNative(t *testing.T) {
	for name, test := range map[string]struct {
		args  []string
		code  int
		says  []string
		lacks string
	}{
		"the policies, ready to apply": {
			[]string{"native"}, 0,
			[]string{"kind: MutatingAdmissionPolicy\n", "kind: ValidatingAdmissionPolicyBinding\n", "name: inshore-deny-daemonsets\n", `'"PreferSameNode"'`}, "status:",
		},
		"what they leave out, above them": {[]string{"native"}, 0, []string{"# - ISH301 ", "sees only the object of the request"}, ""},
		"an older cluster": {
			[]string{"native", "--kubernetes-version", "1.33"}, 0, []string{"admissionregistration.k8s.io/v1alpha1\nkind: MutatingAdmissionPolicy\n", `'"PreferClose"'`}, "PreferSameNode",
		},
		"a cluster without MutatingAdmissionPolicy": {
			[]string{"native", "--kubernetes-version", "1.30"}, 0, []string{"# - Kubernetes 1.30 has no MutatingAdmissionPolicy", "kind: ValidatingAdmissionPolicy\n"}, "kind: MutatingAdmissionPolicy",
		},
		"a default gate":              {[]string{"native", "--readiness-gate", "agent"}, 0, []string{`'"agent"'`}, ""},
		"the list":                    {[]string{"native", "--list"}, 0, []string{"ISH201  yes", "ISH301  no", "there is no record"}, "apiVersion"},
		"an argument that it has not": {[]string{"native", "x"}, 2, []string{`does not take "x"`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, "", test.args...)
			said := got.out + got.errOut
			if got.code != test.code || test.lacks != "" && strings.Contains(said, test.lacks) {
				t.Errorf("exit code %d, want %d; do not want %q in:\n%s", got.code, test.code, test.lacks, said)
			}
			for _, says := range test.says {
				if !strings.Contains(said, says) {
					t.Errorf("want %q in:\n%s", says, said)
				}
			}
		})
	}
}

func TestNativeInJSONIsAListOfTheSameObjects(t *testing.T) {
	var list struct {
		Kind  string
		Items []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(inshore(t, "", "native", "-o", "json").out), &list); err != nil {
		t.Fatal(err)
	}
	documents := strings.Count(inshore(t, "", "native").out, "\napiVersion: ")
	if list.Kind != "List" || len(list.Items) != documents || documents != 12 {
		t.Errorf("a %s of %d in JSON, %d documents in YAML", list.Kind, len(list.Items), documents)
	}
	var coverage struct {
		Rules  []struct{ ID string }
		Limits []string
	}
	if err := json.Unmarshal([]byte(inshore(t, "", "native", "--list", "-o", "json").out), &coverage); err != nil {
		t.Fatal(err)
	}
	if len(coverage.Rules) == 0 || len(coverage.Limits) == 0 {
		t.Errorf("the list in JSON is %+v", coverage)
	}
}
