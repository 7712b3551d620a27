package plan

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"
	fakediscovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/audit"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/validate"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// daemon is a DaemonSet of three pods, and the Service in front of it.
func daemon(namespace, name, annotations, container string) []runtime.Object {
	if annotations != "" {
		annotations = ", annotations: {" + annotations + "}"
	}
	text := fmt.Sprintf(`
metadata: {namespace: %s, name: %s%s}
spec:
  selector: {matchLabels: {app: %[2]s}}
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
  template:
    metadata: {labels: {app: %[2]s}}
    spec:
      terminationGracePeriodSeconds: 30
      containers: [{name: a, readinessProbe: {tcpSocket: {port: 80}}%[4]s}]
status: {desiredNumberScheduled: 3}
`, namespace, name, annotations, container)
	return []runtime.Object{decode[appsv1.DaemonSet](text), decode[corev1.Service](fmt.Sprintf(`
metadata: {namespace: %s, name: %s}
spec: {type: ClusterIP, clusterIP: 10.96.0.1, internalTrafficPolicy: Cluster, selector: {app: %[2]s}, ports: [{port: 80}]}
`, namespace, name))}
}

func decode[T any](text string) *T {
	object := new(T)
	if err := yaml.UnmarshalStrict([]byte(text), object); err != nil {
		panic(err)
	}
	return object
}

// policy is one from its spec.
func policy(name, spec string) *v1alpha1.NodeLocalPolicy {
	p := &v1alpha1.NodeLocalPolicy{ObjectMeta: metav1.ObjectMeta{Name: name, Generation: 1}}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		panic(err)
	}
	return p
}

// made is the plan for a cluster.
func made(t *testing.T, proposal Proposal, cluster []*v1alpha1.NodeLocalPolicy, objects ...runtime.Object) *Plan {
	t.Helper()
	client := fake.NewClientset(objects...)
	client.Discovery().(*fakediscovery.FakeDiscovery).FakedServerVersion = &version.Info{GitVersion: "v1.36.3"}
	facts, err := audit.Look(t.Context(), audit.Config{
		Client: client, Keep: true,
		Policies: func(context.Context) ([]*v1alpha1.NodeLocalPolicy, error) { return cluster, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	after, changes, err := proposal.On(cluster)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := policies.New(policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Make(t.Context(), Config{Facts: facts, Changes: changes, Version: "v0", Rules: validate.Rules{
		Engine: engine, Enforcement: enforcement.New(after), Exceptions: policies.NewExceptions(after), Now: today,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// written is the plan as people read it.
func written(t *testing.T, p *Plan) string {
	t.Helper()
	var out strings.Builder
	if err := p.WriteText(&out, false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
