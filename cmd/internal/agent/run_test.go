package agent

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/introspect"
)

// running is an agent with a datapath in memory.
type running struct {
	*testing.T
	fake            *datapath.Fake
	health, metrics string
	// removed is whether everything was taken off the node.
	removed bool
	// stop sends SIGTERM, and returns what run returns.
	stop func() error
}

func startAgent(t *testing.T, a *api, self own) *running {
	t.Helper()
	r := &running{T: t, fake: &datapath.Fake{}, health: freeAddress(t), metrics: freeAddress(t)}
	o := &options{
		kubeconfig: a.kubeconfig(t), nodeName: "node-0", datapath: datapathAuto, scope: "opted-in",
		healthListen: r.health, metricsListen: r.metrics, daemonSet: "inshore-agent", orphanTimeout: time.Minute,
	}
	n := node{
		open: func() (*carrier, error) {
			return &carrier{Datapath: r.fake, renew: func() error { return nil }, describe: func() introspect.Datapath {
				return introspect.Datapath{Names: []string{"fake"}, Reason: "a test"}
			}}, nil
		},
		remove: func() error { r.removed = true; return nil },
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, o, self, n, logr.Discard()) }()
	stopped := false
	r.stop = func() error { stopped = true; stop(); return <-done }
	t.Cleanup(func() {
		if !stopped {
			_ = r.stop()
		}
	})
	return r
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (r *running) await(what string, condition func() bool) {
	r.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			state, _ := r.fake.State()
			r.Fatalf("still not: %s; the datapath is %+v", what, state)
		}
	}
}

func (r *running) get(url string) (int, string) {
	response, err := http.Get("http://" + url)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func (r *running) ready() bool { code, _ := r.get(r.health + "/readyz"); return code == http.StatusOK }

// ask runs the command line against the running agent.
func (r *running) ask(args ...string) (int, string) {
	var out, errOut bytes.Buffer
	code := execute(r.Context(), append(args, "--agent-address", r.health), system{lookupEnv: noEnv, out: &out, err: &errOut})
	return code, out.String() + errOut.String()
}

func cache() *corev1.Service {
	return &corev1.Service{
		TypeMeta: metav1.TypeMeta{Kind: "Service", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: "cache", UID: "uid-cache",
			Labels: map[string]string{"inshore.dev/node-local": "required"}, Annotations: map[string]string{"inshore.dev/node-local": "required"}},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.96.0.1", ClusterIPs: []string{"10.96.0.1"}, Selector: map[string]string{"app": "cache"},
			InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal),
			Ports:                 []corev1.ServicePort{{Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromInt32(8080)}},
		},
	}
}

func gated(name, ip string) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{"app": "cache"},
			CreationTimestamp: metav1.NewTime(time.Unix(1000, 0))},
		Spec: corev1.PodSpec{NodeName: "node-0", ReadinessGates: []corev1.PodReadinessGate{{ConditionType: "inshore.dev/routed"}}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
			Conditions: []corev1.PodCondition{{Type: corev1.ContainersReady, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionFalse}},
		},
	}
}

func TestTheWholeAgent(t *testing.T) {
	a := newAPI(t)
	a.set(cache())
	r := startAgent(t, a, own{})
	r.await("ready", r.ready)
	r.await("a Lease", func() bool { return a.writes("POST leases") > 0 })

	a.set(gated("cache-1", "10.244.0.1"))
	r.await("the gate opens", func() bool { return strings.Contains(a.patch("cache-1"), `"status":"True"`) })
	if body := a.patch("cache-1"); !strings.Contains(body, "inshore.dev/routed") || !strings.Contains(body, `"uid":"uid-cache-1"`) {
		t.Errorf("the patch is %s", body)
	}
	if code, text := r.ask("routes"); code != exitOK || !strings.Contains(text, "core/cache") || !strings.Contains(text, "10.244.0.1:8080") {
		t.Errorf("routes: %d\n%s", code, text)
	}
	if code, text := r.ask("status"); code != exitOK || !strings.Contains(text, "fake (a test)") {
		t.Errorf("status: %d\n%s", code, text)
	}
	if code, text := r.ask("status", "-o", "json"); code != exitOK || !strings.Contains(text, `"ready": true`) {
		t.Errorf("status: %d\n%s", code, text)
	}
	_, text := r.get(r.metrics + "/metrics")
	for _, want := range []string{
		`inshore_agent_info{datapath="fake",node="node-0",version=`, `inshore_agent_api_requests_total{code="200",method="PATCH"} 1`, "inshore_agent_frontends 1", `inshore_agent_gate_patches_total{outcome="opened"} 1`,
		`inshore_agent_connections_total{namespace="core",service="cache",result="local"} 0`, "inshore_agent_programming_seconds_bucket{le=\"5e-05\"}",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if code, _ := r.get(r.metrics + "/status"); code != http.StatusNotFound {
		t.Errorf("the metrics' address, which others reach, answers /status with %d", code)
	}
}

func TestTheAPIServerMayGoAndComeBack(t *testing.T) {
	a := newAPI(t)
	a.set(cache())
	r := startAgent(t, a, own{})
	r.await("ready", r.ready)
	a.switchOff(true)
	// What nobody told us of while it was away.
	a.set(gated("cache-1", "10.244.0.1"))
	if state, _ := r.fake.State(); len(state.Table) != 1 || !r.ready() {
		t.Errorf("without the API server it is ready: %v, with %v", r.ready(), state.Table)
	}
	a.switchOff(false)
	r.await("the gate opens", func() bool { return a.patch("cache-1") != "" })
}

func TestAnAgentThatCannotListIsNotReadyAndSaysWhy(t *testing.T) {
	a := newAPI(t)
	a.switchOff(true)
	r := startAgent(t, a, own{})
	r.await("an answer", func() bool { code, _ := r.get(r.health + "/healthz"); return code == http.StatusOK })
	if code, text := r.get(r.health + "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "waiting for the first list of Pods, Services") {
		t.Errorf("readyz is %d %s", code, text)
	}
	if code, text := r.ask("status"); code != exitNo || !strings.Contains(text, "no: waiting for the API server") {
		t.Errorf("status: %d\n%s", code, text)
	}
	if state, _ := r.fake.State(); state.Replaced != 0 {
		t.Error("a table was written without a list")
	}
}

func TestSIGTERM(t *testing.T) {
	tests := map[string]struct {
		self    own
		answer  int
		deleted bool
		off     bool
		removed bool
	}{
		"if the DaemonSet is there, routing stays":              {own{namespace: "inshore-agent"}, http.StatusOK, false, false, false},
		"if the DaemonSet is gone, everything goes":             {own{namespace: "inshore-agent"}, http.StatusNotFound, false, false, true},
		"if the DaemonSet is being deleted, everything goes":    {own{namespace: "inshore-agent"}, http.StatusOK, true, false, true},
		"if our rights went with it, everything goes":           {own{namespace: "inshore-agent"}, http.StatusForbidden, false, false, true},
		"if our account went with it, everything goes":          {own{namespace: "inshore-agent"}, http.StatusUnauthorized, false, false, true},
		"if the API server has trouble, routing stays":          {own{namespace: "inshore-agent"}, http.StatusInternalServerError, false, false, false},
		"if the API server is away, routing stays":              {own{namespace: "inshore-agent"}, http.StatusOK, false, true, false},
		"if no DaemonSet runs us, nobody is asked and it stays": {own{}, http.StatusNotFound, false, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			a.daemonSet, a.deleting = test.answer, test.deleted
			r := startAgent(t, a, test.self)
			r.await("ready", r.ready)
			a.switchOff(test.off)
			if err := r.stop(); err != nil {
				t.Error(err)
			}
			if state, _ := r.fake.State(); r.removed != test.removed || !state.Closed {
				t.Errorf("removed: %v, closed: %v", r.removed, state.Closed)
			}
		})
	}
}

func TestASecondAgentIsToldOfTheFirst(t *testing.T) {
	a := newAPI(t)
	r := startAgent(t, a, own{})
	r.await("ready", r.ready)
	o := &options{kubeconfig: a.kubeconfig(t), nodeName: "node-0", scope: "opted-in", healthListen: r.health}
	opened := false
	err := run(t.Context(), o, own{}, node{open: func() (*carrier, error) { opened = true; return nil, nil }}, logr.Discard())
	if err == nil || !strings.Contains(err.Error(), "if another agent runs on this node") || opened {
		t.Errorf("got %v; the datapath was opened: %v", err, opened)
	}
}
