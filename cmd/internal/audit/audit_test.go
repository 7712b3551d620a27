package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/version"
	fakediscovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/validate"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var optedIn = map[string]string{v1alpha1.AnnotationNodeLocal: "required"}

// daemon takes a host port, which ISH201 denies.
func daemon() *appsv1.DaemonSet {
	labels := map[string]string{"app": "mcrouter"}
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: "mcrouter", Annotations: optedIn},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
				Type: appsv1.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDaemonSet{
					MaxUnavailable: new(intstr.FromInt32(1)), MaxSurge: new(intstr.FromInt32(0)),
				},
			},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
				Containers: []corev1.Container{{Name: "a", Ports: []corev1.ContainerPort{{ContainerPort: 11211, HostPort: 11211}}}},
			}},
		},
	}
}

// service is as it was before Inshore.
func service() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: "mcrouter", Annotations: optedIn},
		Spec: corev1.ServiceSpec{
			ClusterIP: "10.96.0.10", Selector: map[string]string{"app": "mcrouter"}, Ports: []corev1.ServicePort{{Port: 11211}},
			InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyCluster),
		},
	}
}

func client(objects ...runtime.Object) *fake.Clientset {
	c := fake.NewClientset(objects...)
	c.Discovery().(*fakediscovery.FakeDiscovery).FakedServerVersion = &version.Info{GitVersion: "v1.36.3"}
	return c
}

func noPolicies(context.Context) ([]*v1alpha1.NodeLocalPolicy, error) { return nil, nil }

func inspect(t *testing.T, config Config) *Report {
	t.Helper()
	facts, err := Look(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := policies.New(policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return Judge(t.Context(), facts, validate.Rules{Engine: engine, Exceptions: policies.NewExceptions(facts.Policies), Now: today}, "v0")
}

func ids(r *Report) []string {
	var ids []string
	for _, result := range r.Results {
		ids = append(ids, string(result.Severity)+" "+result.ID+" "+string(result.Kind))
	}
	return ids
}

func TestAClusterIsJudgedFromOutside(t *testing.T) {
	plain := service()
	plain.Name, plain.Annotations = "plain", nil
	r := inspect(t, Config{Client: client(daemon(), service(), plain), Policies: noPolicies})
	if got := ids(r); !slices.Contains(got, "error ISH201 DaemonSet") {
		t.Errorf("found %q, want ISH201", got)
	}
	if r.Summary.Objects != 2 {
		t.Errorf("%d objects, want the two that are annotated", r.Summary.Objects)
	}
	if !slices.ContainsFunc(r.Mutations, func(m Mutation) bool {
		return m.Kind == v1alpha1.KindService && slices.Contains(m.Fields, "spec.internalTrafficPolicy")
	}) {
		t.Errorf("mutations %+v: the Service is not Local and it is not said", r.Mutations)
	}
	if !r.Failed(policies.SeverityError) {
		t.Error("an error is no failure")
	}
}

func TestExceptionsOfTheClusterCount(t *testing.T) {
	r := inspect(t, Config{Client: client(daemon()), Policies: func(context.Context) ([]*v1alpha1.NodeLocalPolicy, error) {
		return []*v1alpha1.NodeLocalPolicy{{ObjectMeta: metav1.ObjectMeta{Name: "migration"}, Spec: v1alpha1.NodeLocalPolicySpec{
			Exceptions: []v1alpha1.Exception{{
				Rule: "ISH201", Owner: "team cache", Reason: "until the move", Expires: metav1.NewTime(today.AddDate(0, 1, 0)),
				Object: v1alpha1.ObjectReference{Kind: v1alpha1.KindDaemonSet, Namespace: "core", Name: "mcrouter"},
			}},
		}}}, nil
	}})
	if got := ids(r); slices.Contains(got, "error ISH201 DaemonSet") {
		t.Errorf("found %q although it is excepted", got)
	}
	if len(r.Excepted) != 1 || r.Excepted[0].Owner != "team cache" || r.Excepted[0].Policy != "migration" {
		t.Errorf("excepted %+v", r.Excepted)
	}
	var out bytes.Buffer
	if err := r.WriteText(&out, false); err != nil {
		t.Fatal(err)
	}
	if want := "Until 2026-12-22 by team cache: until the move (NodeLocalPolicy migration)"; !strings.Contains(out.String(), want) {
		t.Errorf("the text is\n%s\nwithout %q", &out, want)
	}
}

func TestOnlyTheNamespaceIsListed(t *testing.T) {
	other := daemon()
	other.Namespace = "edge"
	r := inspect(t, Config{Client: client(daemon(), other), Namespace: "edge", Policies: noPolicies})
	for _, result := range r.Results {
		if result.Namespace != "edge" {
			t.Errorf("%s of namespace %s", result.ID, result.Namespace)
		}
	}
	if r.Summary.Objects != 1 {
		t.Errorf("%d objects, want 1", r.Summary.Objects)
	}
}

func TestTheReadinessGateIsTheInstallations(t *testing.T) {
	agent := daemon()
	agent.Namespace, agent.Name, agent.Annotations = v1alpha1.AgentNamespace, "inshore-agent", nil
	tests := map[string]struct {
		client *fake.Clientset
		flag   v1alpha1.ReadinessGate
		want   v1alpha1.ReadinessGate
	}{
		"where no agent is, there is none":        {client(), "", v1alpha1.ReadinessGateNone},
		"where the agent is, it is the agent's":   {client(agent), "", v1alpha1.ReadinessGateAgent},
		"where the flag says so, nobody is asked": {client(agent), v1alpha1.ReadinessGateNone, v1alpha1.ReadinessGateNone},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			facts, err := Look(t.Context(), Config{Client: test.client, Policies: noPolicies, ReadinessGate: test.flag})
			if err != nil {
				t.Fatal(err)
			}
			if facts.Platform.ReadinessGate != test.want {
				t.Errorf("the gate is %s, want %s", facts.Platform.ReadinessGate, test.want)
			}
		})
	}
}

// forbid refuses to list a kind.
func forbid(c *fake.Clientset, resource string) *fake.Clientset {
	c.PrependReactor("list", resource, func(ktesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", nil)
	})
	return c
}

func TestARightThatIsMissing(t *testing.T) {
	tests := map[string]struct {
		resource string
		note     string // empty: the audit cannot run
	}{
		"if nodes may not be listed, it is noted":           {"nodes", "every node is not known"},
		"if namespaces may not be listed, it is noted":      {"namespaces", "labels of namespaces"},
		"if Deployments may not be listed, there is no way": {"deployments", ""},
		"if Services may not be listed, there is no way":    {"services", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			facts, err := Look(t.Context(), Config{Client: forbid(client(daemon()), test.resource), Policies: noPolicies})
			switch {
			case test.note == "" && err == nil:
				t.Error("it went on without")
			case test.note != "" && err != nil:
				t.Error(err)
			case test.note != "" && !strings.Contains(strings.Join(facts.Notes, "\n"), test.note):
				t.Errorf("notes %q, want %q", facts.Notes, test.note)
			}
		})
	}
}

func TestTheJSONOfACleanClusterHasItsLists(t *testing.T) {
	r := inspect(t, Config{Client: client(), Policies: noPolicies})
	var out bytes.Buffer
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"results", "excepted", "mutations"} {
		if list, ok := got[member].([]any); !ok || len(list) != 0 {
			t.Errorf("%s is %v, want an empty list", member, got[member])
		}
	}
	if r.Failed(policies.SeverityWarning) {
		t.Error("nothing is there and it failed")
	}
}

func TestWhatAdmissionMissedFailsWithWarnings(t *testing.T) {
	r := &Report{Summary: Summary{Mutations: 1}}
	if r.Failed(policies.SeverityError) || !r.Failed(policies.SeverityWarning) {
		t.Error("a missed mutation counts as a warning")
	}
}
