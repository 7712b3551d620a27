package review

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/policies/enforcement"
)

const governedManifests = `apiVersion: v1
kind: Namespace
metadata: {name: core, labels: {team: cache}}
---
apiVersion: v1
kind: Service
metadata: {name: mcrouter, namespace: core}
spec: {selector: {app: mcrouter}, ports: [{port: 11211}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: mcrouter, namespace: core}
spec:
  minReadySeconds: 5
  selector: {matchLabels: {app: mcrouter}}
  template:
    metadata: {labels: {app: mcrouter}}
    spec:
      containers:
      - {name: mcrouter, image: m, readinessProbe: {tcpSocket: {port: 11211}}, ports: [{containerPort: 11211}], lifecycle: {preStop: {sleep: {seconds: 5}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: core}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

const governingPolicy = `apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: everyone}
spec:
  enforcement: Enforce
  namespaceSelector: {matchLabels: {team: cache}}
  services: {nodeLocal: required}
  daemonSets: {nodeLocal: required}
`

// reviewGoverned reviews manifests under a policy; what it says is one line an
// object: its policy, its findings and the fields that are written.
func reviewGoverned(t *testing.T, manifests, policy string) (*Outcome, []string) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, map[string]string{"m.yaml": manifests, "policies/p.yaml": policy})
	found, err := ReadPolicies([]string{"policies"})
	if err != nil {
		t.Fatal(err)
	}
	c := config(t)
	c.Rules.Enforcement = enforcement.New(found)
	outcome, err := Run(t.Context(), c, []string{"m.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, v := range outcome.Verdicts {
		words := []string{v.Title(), v.Policy}
		for _, f := range v.Findings {
			words = append(words, string(f.Severity)+" "+f.ID)
		}
		for _, change := range v.Changes {
			if strings.HasPrefix(change.Field, "spec.") {
				words = append(words, change.Field)
			}
		}
		said = append(said, strings.TrimSpace(strings.Join(append(words, v.Warnings...), " | ")))
	}
	return outcome, said
}

func TestReviewSaysWhatPoliciesWouldDo(t *testing.T) {
	const hostPort = "containerPort: 11211, hostPort: 11211"
	faulty := strings.Replace(governedManifests, "containerPort: 11211", hostPort, 1)
	const untouched = "Service core/web |"
	for sentence, test := range map[string]struct {
		manifests, policy string
		want              []string
	}{
		"enforced, they are followed": {governedManifests, governingPolicy, []string{
			"Service core/mcrouter | everyone | spec.internalTrafficPolicy",
			"DaemonSet core/mcrouter | everyone | spec.updateStrategy.type | spec.updateStrategy.rollingUpdate.maxSurge | spec.updateStrategy.rollingUpdate.maxUnavailable",
			untouched,
		}},
		"what cannot follow them fails the review": {faulty, governingPolicy, []string{
			"Service core/mcrouter |  | error ISH302",
			"DaemonSet core/mcrouter |  | error ISH201",
			untouched,
		}},
		"audited, they only tell": {faulty, strings.Replace(governingPolicy, "Enforce", "Audit", 1), []string{
			"Service core/mcrouter |  | warning ISH302",
			"DaemonSet core/mcrouter |  | warning ISH201",
			untouched,
		}},
		"and say what they would write": {governedManifests, strings.Replace(governingPolicy, "Enforce", "Audit", 1), []string{
			"Service core/mcrouter |  | NodeLocalPolicy everyone (Audit) would write spec.internalTrafficPolicy: \"Local\", metadata.labels[inshore.dev/node-local]: \"required\"",
			"DaemonSet core/mcrouter |  | NodeLocalPolicy everyone (Audit) would write spec.updateStrategy.type: \"RollingUpdate\", spec.updateStrategy.rollingUpdate.maxSurge: 1, spec.updateStrategy.rollingUpdate.maxUnavailable: 0",
			untouched,
		}},
		"for other namespaces, they say nothing": {governedManifests, strings.Replace(governingPolicy, "cache", "web", 1), []string{
			"Service core/mcrouter |", "DaemonSet core/mcrouter |", untouched,
		}},
	} {
		t.Run(sentence, func(t *testing.T) {
			if _, got := reviewGoverned(t, test.manifests, test.policy); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestExplainNamesThePolicy(t *testing.T) {
	outcome, _ := reviewGoverned(t, governedManifests, governingPolicy)
	var out bytes.Buffer
	if err := outcome.Explain().WriteText(&out, Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Follows NodeLocalPolicy everyone", "inshore.dev/node-local: required", "Not opted in"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the explanation does not say %q:\n%s", want, out.String())
		}
	}
}
