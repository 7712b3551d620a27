package bench

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/inshore-dev/inshore/e2e/bench/call"
)

// standIns are pods that exist in the API only, each with the IP of the server on
// its node and a Service of its own, in a namespace of their own.
type standIns struct {
	bench     *bench
	namespace string
	pods      []*standIn
	watches   []watch.Interface
	watching  sync.WaitGroup
}

type standIn struct {
	bench   *bench
	pod     *corev1.Pod
	service netip.Addr

	mu sync.Mutex
	// podReady and sliceReady are when watches told so, since forget; 0 for not yet.
	podReady, sliceReady int64
}

// newStandIns makes count of them, node by node in turn, and watches them.
func (b *bench) newStandIns(ctx context.Context, namespace string, count int) (*standIns, error) {
	if err := b.createNamespace(ctx, namespace); err != nil {
		return nil, err
	}
	s := &standIns{bench: b, namespace: namespace}
	for i := range count {
		pod, err := b.newStandIn(ctx, namespace, fmt.Sprintf("stand-in-%d", i), b.places[i%len(b.places)])
		if err != nil {
			return nil, err
		}
		s.pods = append(s.pods, pod)
	}
	return s, s.watch(ctx)
}

func (b *bench) newStandIn(ctx context.Context, namespace, name string, p *place) (*standIn, error) {
	pod := pinned(name, p.node.Name, map[string]string{"stand-in": name})
	pod.Namespace = namespace
	pod.Spec.Volumes = nil
	pod.Spec.Containers = []corev1.Container{{Name: "none", Image: image}}
	pod, err := b.api.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("create pod %s: %w", name, err)
	}
	pod.Status.Phase = corev1.PodRunning
	pod.Status.PodIP = p.server.Addr().String()
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	s := &standIn{bench: b, pod: pod}
	if err := s.write(ctx, false); err != nil {
		return nil, err
	}
	s.service, err = b.createService(ctx, namespace, service(name, pod.Labels))
	return s, err
}

// write makes the pod ready or unready in the API.
func (s *standIn) write(ctx context.Context, ready bool) error {
	// Nobody else writes these pods but the gate, which they do not have.
	s.pod.ResourceVersion = ""
	s.pod.Status.Conditions = conditions(ready)
	_, err := s.bench.api.CoreV1().Pods(s.pod.Namespace).UpdateStatus(ctx, s.pod, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("write the status of pod %s: %w", s.pod.Name, err)
	}
	return nil
}

func (s *standIn) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.podReady, s.sliceReady = 0, 0
}

// watchLag is how much later than the API server's answer a watch may tell the
// same, on a machine that is busy.
const watchLag = time.Second

// seen is when watches told of the pod and of its slice; 0 if they have not yet. An
// agent's pod need not be in a slice to be reached.
func (s *standIn) seen(ctx context.Context) (pod, slice int64, err error) {
	for end := time.Now().Add(watchLag); ; {
		s.mu.Lock()
		pod, slice = s.podReady, s.sliceReady
		s.mu.Unlock()
		if pod != 0 && slice != 0 || time.Now().After(end) {
			return pod, slice, nil
		}
		if err := sleep(ctx, time.Millisecond); err != nil {
			return 0, 0, err
		}
	}
}

func (s *standIns) watch(ctx context.Context) error {
	pods, err := s.bench.api.CoreV1().Pods(s.namespace).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	s.watches = append(s.watches, pods)
	slices, err := s.bench.api.DiscoveryV1().EndpointSlices(s.namespace).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		s.stop()
		return fmt.Errorf("watch EndpointSlices: %w", err)
	}
	s.watches = append(s.watches, slices)
	for _, w := range s.watches {
		s.watching.Go(func() {
			for event := range w.ResultChan() {
				s.note(event, call.Now())
			}
		})
	}
	return nil
}

// note notes what a watch told.
func (s *standIns) note(event watch.Event, now int64) {
	switch object := event.Object.(type) {
	case *corev1.Pod:
		for _, c := range object.Status.Conditions {
			if c.Type == corev1.ContainersReady && c.Status == corev1.ConditionTrue {
				s.mark(object.Name, func(p *standIn) *int64 { return &p.podReady }, now)
			}
		}
	case *discoveryv1.EndpointSlice:
		for _, e := range object.Endpoints {
			if e.Conditions.Ready != nil && *e.Conditions.Ready {
				s.mark(object.Labels[discoveryv1.LabelServiceName], func(p *standIn) *int64 { return &p.sliceReady }, now)
			}
		}
	}
}

func (s *standIns) mark(name string, field func(*standIn) *int64, now int64) {
	for _, p := range s.pods {
		if p.pod.Name == name {
			p.mu.Lock()
			if at := field(p); *at == 0 {
				*at = now
			}
			p.mu.Unlock()
		}
	}
}

// stop ends the watches.
func (s *standIns) stop() {
	for _, w := range s.watches {
		w.Stop()
	}
	s.watching.Wait()
	s.watches = nil
}

// delete removes pods and Services.
func (s *standIns) delete(ctx context.Context) error {
	s.stop()
	now := int64(0)
	for _, p := range s.pods {
		err := s.bench.api.CoreV1().Pods(s.namespace).Delete(ctx, p.pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now})
		if err == nil {
			err = s.bench.api.CoreV1().Services(s.namespace).Delete(ctx, p.pod.Name, metav1.DeleteOptions{})
		}
		if err != nil {
			return fmt.Errorf("delete stand-in %s: %w", p.pod.Name, err)
		}
	}
	return nil
}
