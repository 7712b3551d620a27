package mutate_test

import (
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func daemonSet(t fataler, words, strategy, pod string) object {
	t.Helper()
	spec := "template: {spec: {" + pod + "}}"
	if strategy != "" {
		spec += ", updateStrategy: " + strategy
	}
	return fromYAML(t, "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {"+words+"}}, spec: {"+spec+"}}")
}

// withoutRecord drops the operation that writes the record, which other tests
// look at.
func withoutRecord(v verdict) verdict {
	var kept []string
	for _, line := range v.patch {
		if !strings.Contains(line, "inshore.dev~1previous") {
			kept = append(kept, line)
		}
	}
	v.patch = kept
	return v
}

func TestDaemonSet(t *testing.T) {
	const (
		defaults  = "{type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}"
		surging   = "{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}"
		container = "containers: [{name: mc}]"
		rolling   = "/spec/updateStrategy/rollingUpdate"
		pod       = "/spec/template/spec"
	)
	tests := map[string]struct {
		words, strategy, pod string
		gate                 v1alpha1.ReadinessGate
		want                 verdict
	}{
		"a DaemonSet that nobody opted in is left alone": {strategy: defaults, pod: container, gate: "agent"},
		"an opted-out DaemonSet is left alone": {
			words: "inshore.dev/node-local: disabled, inshore.dev/drain: 5s", strategy: defaults, pod: container, gate: "agent",
		},
		"opting in writes both fields of the pair": {
			words: "inshore.dev/node-local: required", strategy: defaults, pod: container,
			want: verdict{patch: []string{"replace " + rolling + "/maxSurge 1", "replace " + rolling + "/maxUnavailable 0"}},
		},
		"preferred is the same": {
			words: "inshore.dev/node-local: preferred", strategy: defaults, pod: container,
			want: verdict{patch: []string{"replace " + rolling + "/maxSurge 1", "replace " + rolling + "/maxUnavailable 0"}},
		},
		"a file without updateStrategy gets a whole one": {
			words: "inshore.dev/node-local: required, inshore.dev/max-surge: 10%", pod: container,
			want: verdict{patch: []string{`add /spec/updateStrategy {"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":"10%"}}`}},
		},
		"a file without rollingUpdate gets that": {
			words: "inshore.dev/node-local: required", strategy: "{type: RollingUpdate}", pod: container,
			want: verdict{patch: []string{`add ` + rolling + ` {"maxUnavailable":0,"maxSurge":1}`}},
		},
		"a file without type gets that": {
			words: "inshore.dev/node-local: required", strategy: "{rollingUpdate: {maxUnavailable: 1}}", pod: container,
			want: verdict{patch: []string{
				`add /spec/updateStrategy/type "RollingUpdate"`, "add " + rolling + "/maxSurge 1", "replace " + rolling + "/maxUnavailable 0",
			}},
		},
		"a surge that the user wrote gives way to the default, with a warning": {
			words: "inshore.dev/node-local: required", strategy: "{type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0%}}", pod: container,
			want: verdict{
				patch:    []string{"replace " + rolling + "/maxSurge 1"},
				warnings: []string{`maxSurge 25% is replaced by 1, the default of inshore.dev/max-surge: write inshore.dev/max-surge: "25%" to keep it`},
			},
		},
		"a drain adds a sleep and a grace period that covers it": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 15s", strategy: surging,
			pod: "terminationGracePeriodSeconds: 30, containers: [{name: mc}, {name: warm, lifecycle: {postStart: {exec: {}}}}, {name: own, lifecycle: {preStop: {exec: {}}}}]",
			want: verdict{patch: []string{
				`add ` + pod + `/containers/0/lifecycle {"preStop":{"sleep":{"seconds":15}}}`,
				`add ` + pod + `/containers/1/lifecycle/preStop {"sleep":{"seconds":15}}`,
				`replace ` + pod + `/terminationGracePeriodSeconds 45`,
			}},
		},
		"a drain leaves a grace period alone that covers it": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 15s", strategy: surging,
			pod:  "terminationGracePeriodSeconds: 60, " + container,
			want: verdict{patch: []string{`add ` + pod + `/containers/0/lifecycle {"preStop":{"sleep":{"seconds":15}}}`}},
		},
		"a drain lengthens a grace period of nothing": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 15s", strategy: surging,
			pod: "terminationGracePeriodSeconds: 0, " + container,
			want: verdict{patch: []string{
				`add ` + pod + `/containers/0/lifecycle {"preStop":{"sleep":{"seconds":15}}}`, `replace ` + pod + `/terminationGracePeriodSeconds 45`,
			}},
		},
		"a drain adds the grace period to a file that has none": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 1s", strategy: surging, pod: container,
			want: verdict{patch: []string{
				`add ` + pod + `/containers/0/lifecycle {"preStop":{"sleep":{"seconds":1}}}`, `add ` + pod + `/terminationGracePeriodSeconds 31`,
			}},
		},
		"a sidecar outlives the containers' sleep and needs none": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 15s", strategy: surging,
			pod:  "terminationGracePeriodSeconds: 60, initContainers: [{name: proxy, restartPolicy: Always}, {name: init}], " + container,
			want: verdict{patch: []string{`add ` + pod + `/containers/0/lifecycle {"preStop":{"sleep":{"seconds":15}}}`}},
		},
		"a drain that no container can take says so": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 15s", strategy: surging,
			pod:  "terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {httpGet: {}}}}]",
			want: verdict{warnings: []string{"inshore.dev/drain puts no sleep in: every container has a preStop of its own, which must last until its clients have gone"}},
		},
		"the gate creates the list": {
			words: "inshore.dev/node-local: required, inshore.dev/readiness-gate: agent", strategy: surging, pod: container,
			want: verdict{patch: []string{`add ` + pod + `/readinessGates [{"conditionType":"inshore.dev/routed"}]`}},
		},
		"the gate is appended to a list": {
			words: "inshore.dev/node-local: required", strategy: surging, pod: "readinessGates: [{conditionType: a/b}], " + container, gate: "agent",
			want: verdict{patch: []string{`add ` + pod + `/readinessGates/- {"conditionType":"inshore.dev/routed"}`}},
		},
		"a gate that is there is not added again": {
			words: "inshore.dev/node-local: required", strategy: surging, pod: "readinessGates: [{conditionType: inshore.dev/routed}], " + container, gate: "agent",
		},
		"a DaemonSet may refuse the installation's gate": {
			words: "inshore.dev/node-local: required, inshore.dev/readiness-gate: none", strategy: surging, pod: container, gate: "agent",
		},
		"a file without containers is refused": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 5s", gate: "agent",
			want: verdict{refused: "its pod template has no containers"},
		},
		"a container without a name is passed over": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 5s", strategy: surging,
			pod:  "terminationGracePeriodSeconds: 60, containers: [null, {name: mc}]",
			want: verdict{patch: []string{`add ` + pod + `/containers/1/lifecycle {"preStop":{"sleep":{"seconds":5}}}`}},
		},
		"OnDelete is refused": {
			words: "inshore.dev/node-local: required, inshore.dev/drain: 5s", strategy: "{type: OnDelete}", pod: container, gate: "agent",
			want: verdict{refused: "with updateStrategy OnDelete the old pod is gone before the new one is made"},
		},
		"hostNetwork is refused": {
			words: "inshore.dev/node-local: required", strategy: defaults, pod: "hostNetwork: true, " + container,
			want: verdict{refused: "with hostNetwork the new pod's ports are taken by the old one"},
		},
		"a hostPort is refused": {
			words: "inshore.dev/node-local: required", strategy: defaults, pod: "containers: [{name: mc, ports: [{containerPort: 1}, {containerPort: 2, hostPort: 2}]}]",
			want: verdict{refused: "with a hostPort the new pod cannot be scheduled beside the old one"},
		},
		"a sidecar's hostPort is refused": {
			words: "inshore.dev/node-local: required", strategy: defaults,
			pod:  "initContainers: [{name: p, restartPolicy: Always, ports: [{containerPort: 2, hostPort: 2}]}], " + container,
			want: verdict{refused: "with a hostPort the new pod cannot be scheduled beside the old one"},
		},
		"an init container's hostPort is free again when the pod serves": {
			words: "inshore.dev/node-local: required", strategy: surging,
			pod: "initContainers: [{name: p, ports: [{containerPort: 2, hostPort: 2}]}], " + container,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := at(36)
			p.ReadinessGate = test.gate
			got := judge(t, daemonSet(t, test.words, test.strategy, test.pod), nil, p)
			compare(t, test.want, withoutRecord(got))
		})
	}
}

func TestDaemonSetRecordsContainersByName(t *testing.T) {
	sent := daemonSet(t, "inshore.dev/node-local: required, inshore.dev/drain: 5s",
		"{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}",
		"terminationGracePeriodSeconds: 60, containers: [{name: mc}, {name: \"0\", lifecycle: {}}]")
	live := admit(t, sent, nil, kubernetes)
	got := child(live, "metadata", "annotations")[v1alpha1.AnnotationPrevious]
	want := `{"/spec/template/spec/containers/0/lifecycle/preStop":{"to":{"sleep":{"seconds":5}}},` +
		`"/spec/template/spec/containers/mc/lifecycle":{"to":{"preStop":{"sleep":{"seconds":5}}}}}`
	if got != want {
		t.Errorf("recorded %s, want %s", got, want)
	}
}
