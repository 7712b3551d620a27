package deadline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

var start = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// world is a cluster with one gated DaemonSet whose rollout stands still at one
// pod, on node a.
type world struct {
	t         *testing.T
	clock     *clocktesting.FakeClock
	client    client.WithWatch
	rollouts  *Rollouts
	deadline  *Deadline
	events    *events.FakeRecorder
	daemonSet *appsv1.DaemonSet
	// fail is what reading a Lease returns, if not nil.
	fail error
	// before is done before each patch.
	before func()
}

func newWorld(t *testing.T, edit ...func(*corev1.Pod)) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(start), events: events.NewFakeRecorder(100), daemonSet: daemonSet()}
	pod := pod("new", "a")
	for _, f := range edit {
		f(pod)
	}
	w.client = fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(pod).WithStatusSubresource(&corev1.Pod{}).
		WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
				if _, lease := object.(*coordinationv1.Lease); lease && w.fail != nil {
					return w.fail
				}
				return c.Get(ctx, key, object, options...)
			},
			SubResourcePatch: func(ctx context.Context, c client.Client, sub string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
				if w.before != nil {
					w.before()
				}
				return c.SubResource(sub).Patch(ctx, object, patch, options...)
			},
		}).Build()
	w.rollouts = NewRollouts(w.clock)
	w.rollouts.Put(w.daemonSet)
	w.deadline = New(Config{
		After: time.Minute, Rollouts: w.rollouts, Reader: w.client, Writer: w.client, Events: w.events,
		Metrics: prometheus.NewRegistry(), Clock: w.clock, Log: logr.Discard(),
	})
	return w
}

func daemonSet() *appsv1.DaemonSet {
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "cache", Name: "mcrouter", UID: "ds", Generation: 2},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "mcrouter"}},
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{ReadinessGates: gates}},
		},
		Status: appsv1.DaemonSetStatus{ObservedGeneration: 2, DesiredNumberScheduled: 3, UpdatedNumberScheduled: 2, NumberAvailable: 3},
	}
}

var gates = []corev1.PodReadinessGate{{ConditionType: v1alpha1.ReadinessGateRouted}}

// pod has been waiting for its agent since the start.
func pod(name, node string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "cache", Name: name, UID: types.UID(name), Labels: map[string]string{"app": "mcrouter"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "DaemonSet", Name: "mcrouter", UID: "ds", Controller: new(true)}},
		},
		Spec: corev1.PodSpec{NodeName: node, ReadinessGates: gates},
		Status: corev1.PodStatus{Conditions: []corev1.PodCondition{
			{Type: corev1.ContainersReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(start)},
			{Type: corev1.PodReady, Status: corev1.ConditionFalse},
		}},
	}
}

// renew writes the Lease of node a's agent; its clock is off by skew.
func (w *world) renew(skew time.Duration) {
	w.t.Helper()
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.AgentNamespace, Name: "a"},
		Spec:       coordinationv1.LeaseSpec{LeaseDurationSeconds: new(int32(40)), RenewTime: &metav1.MicroTime{Time: w.clock.Now().Add(skew)}},
	}
	if err := w.client.Create(w.t.Context(), lease); err != nil {
		existing := &coordinationv1.Lease{}
		if err := w.client.Get(w.t.Context(), client.ObjectKeyFromObject(lease), existing); err != nil {
			w.t.Fatal(err)
		}
		existing.Spec = lease.Spec
		if err := w.client.Update(w.t.Context(), existing); err != nil {
			w.t.Fatal(err)
		}
	}
}

// pass lets time go by in steps of 10 s, does something and looks at each.
func (w *world) pass(d time.Duration, at func()) {
	w.t.Helper()
	for range int(d / (10 * time.Second)) {
		w.clock.Step(10 * time.Second)
		if at != nil {
			at()
		}
		if err := w.deadline.look(w.t.Context()); err != nil && w.fail == nil {
			w.t.Fatal(err)
		}
	}
}

// opened is the condition that the waiting pod has got.
func (w *world) opened() *corev1.PodCondition {
	w.t.Helper()
	pod := &corev1.Pod{}
	if err := w.client.Get(w.t.Context(), types.NamespacedName{Namespace: "cache", Name: "new"}, pod); err != nil {
		w.t.Fatal(err)
	}
	return condition(pod, v1alpha1.ReadinessGateRouted)
}

// value is what a counter or a gauge stands at.
func value(t *testing.T, metric prometheus.Metric) float64 {
	t.Helper()
	var written dto.Metric
	if err := metric.Write(&written); err != nil {
		t.Fatal(err)
	}
	return written.GetCounter().GetValue() + written.GetGauge().GetValue()
}

func TestDeadline(t *testing.T) {
	tests := map[string]struct {
		pod    func(*corev1.Pod)
		live   func(*world) // What happens in two minutes.
		opened bool
	}{
		"if there never was an agent, the gate is opened": {
			live: func(w *world) { w.pass(2*time.Minute, nil) }, opened: true,
		},
		"if the agent renews its Lease, the gate is its own to open, however long it takes": {
			live: func(w *world) { w.pass(time.Hour, func() { w.renew(0) }) },
		},
		"if the agent stops renewing, the gate is opened": {
			live: func(w *world) { w.renew(0); w.pass(2*time.Minute, nil) }, opened: true,
		},
		"if the node's clock is an hour behind, a living agent is not overruled": {
			live: func(w *world) { w.pass(2*time.Minute, func() { w.renew(-time.Hour) }) },
		},
		"if the node's clock is an hour ahead, a dead agent is still found out": {
			live: func(w *world) { w.renew(time.Hour); w.pass(2*time.Minute, nil) }, opened: true,
		},
		"if the agent comes back before the deadline, the gate is its own": {
			live: func(w *world) { w.renew(0); w.pass(50*time.Second, nil); w.pass(70*time.Second, func() { w.renew(0) }) },
		},
		"if Leases cannot be read, nothing is known, so nothing is done": {
			live: func(w *world) { w.fail = errors.New("forbidden"); w.pass(2*time.Minute, nil) },
		},
		"if the API server was away, agents get the time of a Lease to be heard again": {
			live: func(w *world) {
				w.renew(0)
				w.pass(40*time.Second, nil)
				w.fail = errors.New("connection refused")
				w.pass(40*time.Second, nil)
				w.fail = nil
				w.pass(40*time.Second, nil)
			},
		},
		"if the rollout moves on, it needs no help": {
			live: func(w *world) {
				w.pass(2*time.Minute, func() {
					w.daemonSet.Generation++
					w.daemonSet.Status.ObservedGeneration++
					w.rollouts.Put(w.daemonSet)
				})
			},
		},
		"if the DaemonSet is deleted, its pods are left alone": {
			live: func(w *world) { w.rollouts.Delete("cache", "mcrouter"); w.pass(2*time.Minute, nil) },
		},
		"if the rollout ends, its pods are left alone": {
			live: func(w *world) {
				w.daemonSet.Status.UpdatedNumberScheduled = 3
				w.rollouts.Put(w.daemonSet)
				w.pass(2*time.Minute, nil)
			},
		},
		"if nothing opted the DaemonSet in, it is left alone": {
			live: func(w *world) {
				w.daemonSet.Spec.Template.Spec.ReadinessGates = nil
				w.rollouts.Put(w.daemonSet)
				w.pass(2*time.Minute, nil)
			},
		},
		"if a container is not ready, it is not the agent that is waited for": {
			pod:  func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse },
			live: func(w *world) { w.pass(2*time.Minute, nil) },
		},
		"if the containers became ready a moment ago, the agent has its time": {
			pod: func(p *corev1.Pod) {
				p.Status.Conditions[0].LastTransitionTime = metav1.NewTime(start.Add(time.Minute + time.Second))
			},
			live: func(w *world) { w.pass(2*time.Minute, nil) },
		},
		"if the pod is going, it is left alone": {
			pod: func(p *corev1.Pod) {
				p.DeletionTimestamp, p.Finalizers = new(metav1.NewTime(start)), []string{"example.com/a"}
			},
			live: func(w *world) { w.pass(2*time.Minute, nil) },
		},
		"if the pod belongs to another controller, it is left alone": {
			pod:  func(p *corev1.Pod) { p.OwnerReferences[0].UID = "other" },
			live: func(w *world) { w.pass(2*time.Minute, nil) },
		},
		"if the pod has no such gate, it is left alone": {
			pod:  func(p *corev1.Pod) { p.Spec.ReadinessGates = nil },
			live: func(w *world) { w.pass(2*time.Minute, nil) },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var edit []func(*corev1.Pod)
			if test.pod != nil {
				edit = append(edit, test.pod)
			}
			w := newWorld(t, edit...)
			test.live(w)
			got := w.opened()
			if isTrue(got) != test.opened {
				t.Fatalf("condition %v, want it opened: %t", got, test.opened)
			}
			if count := value(t, w.deadline.opened); (count == 1) != test.opened || count > 1 {
				t.Errorf("%v gates are counted as opened", count)
			}
			if said := len(w.events.Events); (said == 1) != test.opened || said > 1 {
				t.Errorf("%d events", said)
			}
		})
	}
}

func TestWhatIsSaidAndWhen(t *testing.T) {
	w := newWorld(t)
	w.renew(0)
	w.pass(time.Minute, nil)
	if got := w.opened(); got != nil {
		t.Fatalf("opened at the deadline, not after it: %v", got)
	}
	w.pass(20*time.Second, nil)
	got := w.opened()
	const want = "the Inshore agent on node a has shown no sign of life for "
	if !isTrue(got) || got.Reason != ReasonAgentStale || !strings.HasPrefix(got.Message, want) || got.LastTransitionTime.IsZero() {
		t.Errorf("condition is %v", got)
	}
	if event := <-w.events.Events; !strings.HasPrefix(event, "Warning AgentStale "+want) {
		t.Errorf("event %q", event)
	}
	if stale := value(t, w.deadline.stale); stale != 1 {
		t.Errorf("%v stale agents, want the one", stale)
	}
	w.pass(10*time.Second, nil)
	if stale := value(t, w.deadline.stale); stale != 0 {
		t.Errorf("%v stale agents after the gate was opened, want none that a pod waits for", stale)
	}
	pod := &corev1.Pod{}
	if err := w.client.Get(t.Context(), types.NamespacedName{Namespace: "cache", Name: "new"}, pod); err != nil {
		t.Fatal(err)
	}
	if len(pod.Status.Conditions) != 3 {
		t.Errorf("conditions are %v, want the other two kept", pod.Status.Conditions)
	}
}

// Of two replicas that decide at once, one is let through.
func TestAPodThatChangedMeanwhileIsLeft(t *testing.T) {
	w := newWorld(t)
	changes := 0
	w.before = func() {
		changes++
		pod := &corev1.Pod{}
		if err := w.client.Get(t.Context(), types.NamespacedName{Namespace: "cache", Name: "new"}, pod); err != nil {
			t.Fatal(err)
		}
		pod.Labels["changed"] = fmt.Sprint(changes)
		if err := w.client.Update(t.Context(), pod); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(2*time.Minute, nil)
	if changes == 0 || isTrue(w.opened()) || len(w.events.Events) > 0 {
		t.Errorf("after %d changes the condition is %v, with %d events", changes, w.opened(), len(w.events.Events))
	}
	w.before = nil
	w.pass(10*time.Second, nil)
	if !isTrue(w.opened()) {
		t.Error("not opened once the pod kept still")
	}
}

func TestStartLooksUntilItIsStopped(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.deadline.Start(ctx) }()
	for !isTrue(w.opened()) {
		// A fake clock's timer exists once Start has asked for it.
		if w.clock.HasWaiters() {
			w.clock.Step(20 * time.Second)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

var _ clock.WithTicker = (*clocktesting.FakeClock)(nil)
