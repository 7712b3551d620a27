package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	fakediscovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/inshore-dev/inshore/agent/check"
	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// cluster is a fake API server of a version, which keeps nothing of a dry run.
func cluster(t *testing.T, gitVersion string, objects ...runtime.Object) *fake.Clientset {
	t.Helper()
	client := fake.NewClientset(objects...)
	client.Discovery().(*fakediscovery.FakeDiscovery).FakedServerVersion = &version.Info{GitVersion: gitVersion}
	client.PrependReactor("create", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		create := action.(clienttesting.CreateActionImpl)
		if !slices.Equal(create.GetCreateOptions().DryRun, []string{metav1.DryRunAll}) {
			t.Errorf("%v is created for good", create.GetResource())
		}
		object := create.GetObject()
		if service, ok := object.(*corev1.Service); ok {
			if service.Annotations[v1alpha1.AnnotationNodeLocal] == "requird" {
				return true, nil, errors.New("refused")
			}
			service.CreationTimestamp = metav1.NewTime(now)
		}
		return true, object, nil
	})
	return client
}

func agentDaemonSet() *appsv1.DaemonSet {
	return &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.AgentNamespace, Name: "inshore-agent"}}
}

func agentPod(node string, phase corev1.PodPhase) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.AgentNamespace, Name: "agent-" + node, Labels: map[string]string{
			"app.kubernetes.io/name": "inshore-agent", "app.kubernetes.io/component": "agent",
		}},
		Spec: corev1.PodSpec{NodeName: node}, Status: corev1.PodStatus{Phase: phase},
	}
}

func TestLookSeesWhatIsThere(t *testing.T) {
	daemon := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: "mcrouter", UID: "1"}}
	daemon.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "mcrouter"}}
	daemon.Spec.Template.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: v1alpha1.ReadinessGateRouted}}
	own := pod("mcrouter-1", "a", corev1.PodReady)
	own.Namespace, own.Labels = "core", map[string]string{"app": "mcrouter"}
	others := *own.DeepCopy()
	others.Name = "somebody-elses"
	own.OwnerReferences = []metav1.OwnerReference{{UID: "1", Controller: new(true)}}

	f, err := Look(t.Context(), Config{
		Client: cluster(t, "v1.36.3-gke.100", agentDaemonSet(), agentPod("a", corev1.PodRunning), daemon, &own, &others,
			&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}}),
		Namespace: "inshore-system", CanaryNamespace: "default",
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.Kubernetes.Value != (v1alpha1.Version{Major: 1, Minor: 36}) {
		t.Errorf("version %v", f.Kubernetes)
	}
	if !f.Now.Equal(now) {
		t.Errorf("time %s, want the API server's", f.Now)
	}
	if f.Deployment.Value != nil || f.Deployment.Err != nil {
		t.Errorf("a Deployment that is not there is %v", f.Deployment)
	}
	if len(f.Agents.Value) != 1 || len(f.Nodes.Value) != 1 || f.Canaries.Refused == nil || f.Checks != nil {
		t.Errorf("facts are %+v", f)
	}
	if len(f.Daemons.Value) != 1 || len(f.Daemons.Value[0].Pods.Value) != 1 || f.Daemons.Value[0].Pods.Value[0].Name != "mcrouter-1" {
		t.Errorf("daemons are %+v", f.Daemons)
	}
}

// What may not be seen is a fact, whatever it is.
func TestLookGoesOnWithoutRights(t *testing.T) {
	client := cluster(t, "v1.36.0")
	client.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: action.GetResource().Resource}, "", errors.New("no right"))
	})
	client.Discovery().(*fakediscovery.FakeDiscovery).FakedServerVersion = &version.Info{GitVersion: "v1.36.0"}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "x"}, "", errors.New("no right"))
	f, err := Look(t.Context(), Config{
		Client:   client,
		CRD:      func(context.Context) (*CRD, error) { return nil, forbidden },
		Policies: func(context.Context) ([]*v1alpha1.NodeLocalPolicy, error) { return nil, forbidden },
	})
	if apierrors.IsForbidden(err) {
		// The fake's discovery asks the reactors as well.
		t.Fatalf("gave up: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, failure := range map[string]error{
		"Deployment": f.Deployment.Err, "configuration": f.Mutating.Err, "DaemonSet": f.DaemonSet.Err, "canary": f.Canaries.Service.Err,
		"CRD": f.CRD.Err, "policies": f.NodeLocalPolicies.Err, "leader": f.Leader.Err,
	} {
		if !apierrors.IsForbidden(failure) {
			t.Errorf("%s: %v", what, failure)
		}
	}
	if report := Judge(f); report.Worst() != Unknown {
		t.Errorf("worst is %s, want unknown", report.Worst())
	}
}

func TestLookGivesUpOnAClusterThatDoesNotAnswer(t *testing.T) {
	client := cluster(t, "v1.36.0")
	client.PrependReactor("get", "version", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	})
	if _, err := Look(t.Context(), Config{Client: client}); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v", err)
	}
}

func TestAgentsAreAskedAFewAtATime(t *testing.T) {
	objects := []runtime.Object{agentDaemonSet(), agentPod("starting", corev1.PodPending)}
	many(40, func(node string) { objects = append(objects, agentPod(node, corev1.PodRunning)) })
	var mutex sync.Mutex
	asking, most := 0, 0
	full := make(chan struct{})
	ask := func(ctx context.Context, pod *corev1.Pod) (*check.Report, error) {
		mutex.Lock()
		if asking++; asking > most {
			most = asking
		}
		if asking == askLimit && most == askLimit {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mutex.Unlock()
		select {
		case <-full: // Nobody is answered before as many ask as may.
		case <-ctx.Done():
			t.Error("never as many as may")
		}
		mutex.Lock()
		defer mutex.Unlock()
		asking--
		if pod.Spec.NodeName == "n07" {
			return nil, errors.New("no answer")
		}
		return &check.Report{Suitable: true}, nil
	}
	var said []string
	f, err := Look(t.Context(), Config{Client: cluster(t, "v1.36.0", objects...), Ask: ask, Progress: func(text string) { said = append(said, text) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Checks) != 40 || f.Checks["n07"].Err == nil || f.Checks["n08"].Err != nil {
		t.Errorf("%d answers: %v", len(f.Checks), f.Checks)
	}
	if most != askLimit {
		t.Errorf("%d were asked at once, want %d", most, askLimit)
	}
	if last := said[len(said)-1]; last != "asked 40 of 40 agents" {
		t.Errorf("said %q last", last)
	}
}

func TestAnswer(t *testing.T) {
	const report = `{"facts":[{"name":"kernel","problem":"older than 5.10"}],"suitable":false}`
	tests := map[string]struct {
		out, errOut string
		err         error
		problem     string // The first fact's.
		want        string // A part of the error; empty for none.
	}{
		"if check found something and ends with 1, that is an answer": {report, "", errors.New("exit code 1"), "older than 5.10", ""},
		"if check could not look, its own words are the error":        {"", "Error: reading mounts", errors.New("exit code 2"), "", "reading mounts"},
		"if the exec failed, that is the error":                       {"", "", errors.New("forbidden"), "", "forbidden"},
		"if the answer is no report, it is shown":                     {"hello", "", nil, "", "hello"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := answer([]byte(test.out), test.errOut, test.err)
			if test.want == "" {
				if err != nil || got.Facts[0].Problem != test.problem {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestWhatAnAgentTellsOfItself(t *testing.T) {
	status := &introspect.Status{
		Datapath: introspect.Datapath{Names: []string{"nftables"}, Reason: "ebpf does not work here: no CAP_BPF"},
		Problems: []string{"the canary did not arrive"},
		Table:    introspect.Table{Frontends: 10, WithoutRoom: 3},
	}
	got := told(status)
	if len(got) != 3 || got[0].Problem != "" || !strings.Contains(got[0].Value, "nftables (ebpf does not work here") ||
		!strings.Contains(got[1].Problem, "canary") || !strings.Contains(got[2].Problem, "no room for 3 of 10") {
		t.Errorf("facts are %+v", got)
	}
	if well := told(&introspect.Status{Ready: true, Datapath: introspect.Datapath{Names: []string{"ebpf", "nftables"}}}); len(well) != 1 || well[0].Problem != "" {
		t.Errorf("an agent that is well has the facts %+v", well)
	}
}

func ExampleJudge() {
	f := &Facts{Now: time.Now(), Namespace: "inshore-system"}
	f.Kubernetes.Value = v1alpha1.Version{Major: 1, Minor: 36}
	finding := Judge(f).Groups[1].Findings[0]
	fmt.Println(finding.State, finding.Detail)
	fmt.Println(finding.Remedy)
	// Output:
	// problem there is no Deployment inshore-webhook in namespace inshore-system
	// apply an overlay of manifests/, or say --namespace
}
