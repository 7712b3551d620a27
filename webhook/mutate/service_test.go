package mutate_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// verdict is what a test expects of one request; lines are operations.
type verdict struct {
	patch    []string
	warnings []string
	refused  string
}

func judge(t *testing.T, sent, stored object, p v1alpha1.Platform) verdict {
	t.Helper()
	result := mutateObject(t, sent, stored, p)
	apply(t, sent, result.Patch)
	return verdict{lines(result.Patch), result.Warnings, result.Refused}
}

func lines(patch mutate.Patch) []string {
	var lines []string
	for _, op := range patch {
		line := fmt.Sprintf("%s %s %s", op.Op, op.Path, op.Value)
		if op.Value == nil {
			line = fmt.Sprintf("%s %s", op.Op, op.Path)
		}
		lines = append(lines, line)
	}
	return lines
}

func compare(t *testing.T, want, got verdict) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(verdict{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func at(minor int) v1alpha1.Platform {
	return v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: minor}}
}

func service(t fataler, metadata, spec string) object {
	t.Helper()
	return fromYAML(t, "{apiVersion: v1, kind: Service, metadata: {"+metadata+"}, spec: {"+spec+"}}")
}

const (
	servicePrevious = "add /metadata/annotations/inshore.dev~1previous "
	addLabels       = `add /metadata/labels {"inshore.dev/node-local":`
	recordLabel     = `\"/metadata/labels/inshore.dev~1node-local\":{\"to\":\"%s\"}`
)

func TestService(t *testing.T) {
	requiredLabel, preferredLabel := fmt.Sprintf(recordLabel, "required"), fmt.Sprintf(recordLabel, "preferred")
	tests := map[string]struct {
		metadata, spec string
		minor          int
		want           verdict
	}{
		"a Service that nobody opted in is left alone": {
			metadata: "annotations: {example.com/a: b}", spec: "selector: {app: mc}, internalTrafficPolicy: Cluster",
		},
		"an opted-out Service is left alone": {
			metadata: "annotations: {inshore.dev/node-local: disabled, inshore.dev/external-traffic: local}",
			spec:     "type: NodePort, selector: {app: mc}, internalTrafficPolicy: Cluster, externalTrafficPolicy: Cluster",
		},
		"a Service that is being deleted is left alone": {
			metadata: "deletionTimestamp: 2026-11-22T00:00:00Z, annotations: {inshore.dev/node-local: required}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Cluster",
		},
		"required writes Local over the default": {
			metadata: "annotations: {inshore.dev/node-local: required}", spec: "selector: {app: mc}, internalTrafficPolicy: Cluster",
			want: verdict{patch: []string{
				`replace /spec/internalTrafficPolicy "Local"`,
				addLabels + `"required"}`,
				servicePrevious + `"{` + requiredLabel + `,\"/spec/internalTrafficPolicy\":{\"from\":\"Cluster\",\"to\":\"Local\"}}"`,
			}},
		},
		"required adds the field to a file that has none": {
			metadata: "annotations: {inshore.dev/node-local: required}", spec: "selector: {app: mc}",
			want: verdict{patch: []string{
				`add /spec/internalTrafficPolicy "Local"`,
				addLabels + `"required"}`,
				servicePrevious + `"{` + requiredLabel + `,\"/spec/internalTrafficPolicy\":{\"to\":\"Local\"}}"`,
			}},
		},
		"null in a file is absent": {
			metadata: "labels: null, annotations: {inshore.dev/node-local: required}", spec: "selector: {app: mc}, internalTrafficPolicy: null",
			want: verdict{patch: []string{
				`add /spec/internalTrafficPolicy "Local"`,
				addLabels + `"required"}`,
				servicePrevious + `"{` + requiredLabel + `,\"/spec/internalTrafficPolicy\":{\"to\":\"Local\"}}"`,
			}},
		},
		"required leaves a trafficDistribution alone, which only bears on traffic from outside then": {
			metadata: "labels: {a: b}, annotations: {inshore.dev/node-local: required}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Local, trafficDistribution: PreferClose",
			want: verdict{patch: []string{
				`add /metadata/labels/inshore.dev~1node-local "required"`,
				servicePrevious + `"{` + requiredLabel + `}"`,
			}},
		},
		"preferred writes PreferSameNode and leaves Cluster": {
			metadata: "annotations: {inshore.dev/node-local: preferred}", spec: "selector: {app: mc}, internalTrafficPolicy: Cluster",
			want: verdict{patch: []string{
				`add /spec/trafficDistribution "PreferSameNode"`,
				addLabels + `"preferred"}`,
				servicePrevious + `"{` + preferredLabel + `,\"/spec/trafficDistribution\":{\"to\":\"PreferSameNode\"}}"`,
			}},
		},
		"preferred replaces Local, which would forbid what it allows": {
			metadata: "annotations: {inshore.dev/node-local: preferred}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Local, trafficDistribution: PreferSameNode",
			want: verdict{patch: []string{
				`replace /spec/internalTrafficPolicy "Cluster"`,
				addLabels + `"preferred"}`,
				servicePrevious + `"{` + preferredLabel + `,\"/spec/internalTrafficPolicy\":{\"from\":\"Local\",\"to\":\"Cluster\"}}"`,
			}},
		},
		"preferred below 1.34 writes PreferClose and says what is lost": {
			minor:    33,
			metadata: "annotations: {inshore.dev/node-local: preferred}", spec: "selector: {app: mc}",
			want: verdict{
				patch: []string{
					`add /spec/trafficDistribution "PreferClose"`,
					addLabels + `"preferred"}`,
					servicePrevious + `"{` + preferredLabel + `,\"/spec/trafficDistribution\":{\"to\":\"PreferClose\"}}"`,
				},
				warnings: []string{"Kubernetes 1.33 does not know trafficDistribution PreferSameNode (1.34 does): PreferClose is written, which keeps traffic in the zone but not on the node"},
			},
		},
		"external-traffic writes Local on a NodePort": {
			metadata: "labels: {inshore.dev/node-local: required}, annotations: {inshore.dev/node-local: required, inshore.dev/external-traffic: local}",
			spec:     "type: NodePort, selector: {app: mc}, internalTrafficPolicy: Local, externalTrafficPolicy: Cluster",
			want: verdict{patch: []string{
				`replace /spec/externalTrafficPolicy "Local"`,
				servicePrevious + `"{\"/spec/externalTrafficPolicy\":{\"from\":\"Cluster\",\"to\":\"Local\"}}"`,
			}},
		},
		"external-traffic does nothing to a ClusterIP, where the API server forbids the field": {
			metadata: "labels: {inshore.dev/node-local: required}, annotations: {inshore.dev/node-local: required, inshore.dev/external-traffic: local}",
			spec:     "type: ClusterIP, selector: {app: mc}, internalTrafficPolicy: Local",
		},
		"words without node-local do nothing, and say so": {
			metadata: "annotations: {inshore.dev/external-traffic: local, inshore.dev/balance: random}",
			spec:     "type: NodePort, selector: {app: mc}, externalTrafficPolicy: Cluster",
			want:     verdict{warnings: []string{"without inshore.dev/node-local these annotations under inshore.dev/ do nothing: balance, external-traffic"}},
		},
		"fallback is written as a label too, for agents to watch the slices by": {
			metadata: "labels: {inshore.dev/node-local: required}, annotations: {inshore.dev/node-local: required, inshore.dev/no-local-endpoint: fallback}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Local",
			want: verdict{patch: []string{
				`add /metadata/labels/inshore.dev~1no-local-endpoint "fallback"`,
				servicePrevious + `"{\"/metadata/labels/inshore.dev~1no-local-endpoint\":{\"to\":\"fallback\"}}"`,
			}},
		},
		"reject needs no slices, so it is no label": {
			metadata: "labels: {inshore.dev/node-local: required}, annotations: {inshore.dev/node-local: required, inshore.dev/no-local-endpoint: reject}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Local",
		},
		"a fallback label of the user's own is theirs while nothing asks for it": {
			metadata: "labels: {inshore.dev/node-local: required, inshore.dev/no-local-endpoint: fallback}, annotations: {inshore.dev/node-local: required}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Local",
		},
		"when fallback is taken back, the label goes": {
			metadata: "labels: {inshore.dev/node-local: required, inshore.dev/no-local-endpoint: fallback}, annotations: {inshore.dev/node-local: required, " +
				`inshore.dev/previous: '{"/metadata/labels/inshore.dev~1no-local-endpoint":{"to":"fallback"}}'}`,
			spec: "selector: {app: mc}, internalTrafficPolicy: Local",
			want: verdict{patch: []string{
				"remove /metadata/labels/inshore.dev~1no-local-endpoint",
				"remove /metadata/annotations/inshore.dev~1previous",
			}},
		},
		"a label of the user's own is replaced and recorded": {
			metadata: "labels: {inshore.dev/node-local: mine}, annotations: {inshore.dev/node-local: required}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Local",
			want: verdict{patch: []string{
				`replace /metadata/labels/inshore.dev~1node-local "required"`,
				servicePrevious + `"{\"/metadata/labels/inshore.dev~1node-local\":{\"from\":\"mine\",\"to\":\"required\"}}"`,
			}},
		},
		"what the user wrote themselves is neither changed nor recorded": {
			metadata: "labels: {inshore.dev/node-local: required}, annotations: {inshore.dev/node-local: required}",
			spec:     "selector: {app: mc}, internalTrafficPolicy: Local",
		},
		"a headless Service is refused": {
			metadata: "annotations: {inshore.dev/node-local: required}", spec: "clusterIP: None, selector: {app: mc}, internalTrafficPolicy: Cluster",
			want: verdict{refused: "clients of a headless Service choose a pod themselves"},
		},
		"an ExternalName is refused": {
			metadata: "annotations: {inshore.dev/node-local: preferred}", spec: "type: ExternalName, externalName: example.com, selector: {app: mc}",
			want: verdict{refused: "an ExternalName Service is a DNS name without endpoints"},
		},
		"a Service without a selector is refused": {
			metadata: "annotations: {inshore.dev/node-local: required}", spec: "internalTrafficPolicy: Cluster",
			want: verdict{refused: "a Service without a selector takes no pods of a DaemonSet"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			minor := test.minor
			if minor == 0 {
				minor = 36
			}
			compare(t, test.want, judge(t, service(t, test.metadata, test.spec), nil, at(minor)))
		})
	}
}

func TestChangesSayWhatAndWhy(t *testing.T) {
	result := mutateObject(t, service(t, "annotations: {inshore.dev/node-local: required}", "selector: {app: mc}, internalTrafficPolicy: Cluster"), nil, kubernetes)
	var got []string
	for _, c := range result.Changes {
		got = append(got, fmt.Sprintf("%s: %s", c.Field, c.Why))
	}
	want := []string{
		"spec.internalTrafficPolicy: inshore.dev/node-local: required keeps calls from pods on their own node.",
		"metadata.labels[inshore.dev/node-local]: The EndpointSlice controller copies the label to the Service's slices, so that node agents can watch those alone.",
		"metadata.annotations[inshore.dev/previous]: The record of what was replaced, so that opting out puts it back.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if c := result.Changes[0]; string(c.From) != `"Cluster"` || string(c.To) != `"Local"` {
		t.Errorf("changes %s to %s", c.From, c.To)
	}
}
