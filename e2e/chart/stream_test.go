package chart

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// stream writes objects that opted in, one after another: it creates a Service and a
// DaemonSet, updates both, and deletes them. A call is lost if it fails, or comes back
// without the mutation.
type stream struct {
	client kubernetes.Interface
	stop   context.CancelFunc
	done   sync.WaitGroup
	calls  atomic.Int64
	mu     sync.Mutex
	lost   []string
}

// streamWorkers keeps several calls in flight.
const streamWorkers = 4

func startStream(p place) *stream {
	p.Helper()
	config := p.c.RESTConfig()
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		p.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.Context())
	s := &stream{client: client, stop: cancel}
	for worker := range streamWorkers {
		s.done.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				// A round is brought to its end, so that nothing of it stays.
				s.round(context.WithoutCancel(ctx), fmt.Sprintf("stream-%d-%d", worker, i))
			}
		})
	}
	return s
}

func (s *stream) round(ctx context.Context, name string) {
	annotations := metav1.ObjectMeta{Name: name, Annotations: map[string]string{"inshore.dev/node-local": "required"}}
	services := s.client.CoreV1().Services(metav1.NamespaceDefault)
	service, err := services.Create(ctx, &core.Service{
		ObjectMeta: annotations,
		Spec:       core.ServiceSpec{Selector: map[string]string{"app": name}, Ports: []core.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	if s.count("create", err, func() error { return isLocal(service) }) {
		// Like an apply of the file: what admission wrote is sent as its author has it.
		cluster := core.ServiceInternalTrafficPolicyCluster
		service.Spec.InternalTrafficPolicy = &cluster
		service, err = services.Update(ctx, service, metav1.UpdateOptions{})
		s.count("update", err, func() error { return isLocal(service) })
		s.count("delete", services.Delete(ctx, name, metav1.DeleteOptions{}), nil)
	}
	daemonSets := s.client.AppsV1().DaemonSets(metav1.NamespaceDefault)
	daemonSet, err := daemonSets.Create(ctx, &apps.DaemonSet{ObjectMeta: annotations, Spec: nowhere(name)}, metav1.CreateOptions{})
	if s.count("create", err, func() error { return surges(daemonSet) }) {
		daemonSet, err = daemonSets.Patch(ctx, name, "application/merge-patch+json",
			[]byte(`{"spec":{"updateStrategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}}}`), metav1.PatchOptions{})
		s.count("update", err, func() error { return surges(daemonSet) })
		s.count("delete", daemonSets.Delete(ctx, name, metav1.DeleteOptions{}), nil)
	}
}

// nowhere is a DaemonSet that no node takes.
func nowhere(name string) apps.DaemonSetSpec {
	labels := map[string]string{"app": name + "-daemon"}
	return apps.DaemonSetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: core.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec: core.PodSpec{
				NodeSelector: map[string]string{"example.com/nowhere": "true"},
				Containers: []core.Container{{
					Name: "daemon", Image: "example.com/daemon:1",
					ReadinessProbe: &core.Probe{ProbeHandler: core.ProbeHandler{TCPSocket: &core.TCPSocketAction{Port: intstr.FromInt32(80)}}},
				}},
			},
		},
	}
}

func isLocal(s *core.Service) error {
	if s.Spec.InternalTrafficPolicy == nil || *s.Spec.InternalTrafficPolicy != core.ServiceInternalTrafficPolicyLocal {
		return errors.New("a Service was let through without the mutation")
	}
	return nil
}

func surges(d *apps.DaemonSet) error {
	if r := d.Spec.UpdateStrategy.RollingUpdate; r == nil || r.MaxSurge == nil || r.MaxSurge.String() != "1" || r.MaxUnavailable.String() != "0" {
		return errors.New("a DaemonSet was let through without the mutation")
	}
	return nil
}

// count counts a call, and says whether it did what it should.
func (s *stream) count(verb string, err error, check func() error) bool {
	if err == nil && check != nil {
		err = check()
	}
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lost = append(s.lost, fmt.Sprintf("%s %s: %v", time.Now().Format(time.TimeOnly), verb, err))
		return false
	}
	if check != nil {
		s.calls.Add(1)
	}
	return true
}

// more returns once n further calls were answered.
func (s *stream) more(p place, n int64) {
	p.Helper()
	target := s.calls.Load() + n
	err := cluster.Wait(p.Context(), fmt.Sprintf("%d more admission calls", n), time.Minute, func(context.Context) (bool, string, error) {
		now := s.calls.Load()
		return now >= target, fmt.Sprintf("%d of %d", now, target), nil
	})
	if err != nil {
		p.Fatal(err)
	}
}

// end stops the stream and fails the test for every lost call.
func (s *stream) end(p place) {
	p.Helper()
	s.stop()
	s.done.Wait()
	p.Logf("%d creates and updates answered, %d calls lost", s.calls.Load(), len(s.lost))
	for i, why := range s.lost {
		if i == 10 {
			p.Errorf("and %d more", len(s.lost)-i)
			break
		}
		p.Errorf("lost: %s", why)
	}
}
