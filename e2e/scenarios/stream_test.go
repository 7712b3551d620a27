package scenarios

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
)

// stream is a steady flow of admission calls: dry-run creations of an opted-in
// Service. A call is lost if the API server fails it, or lets it through
// without the mutation (which failurePolicy Ignore would hide).
type stream struct {
	stop  context.CancelFunc
	done  sync.WaitGroup
	calls atomic.Int64
	mu    sync.Mutex
	lost  []string
}

// streamWorkers keeps several calls in flight without taking the machine's two
// cores from what is being tested.
const streamWorkers = 4

func startStream(s story) *stream {
	s.Helper()
	config := rest.CopyConfig(s.c.RESTConfig())
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	st := &stream{stop: cancel}
	for range streamWorkers {
		st.done.Go(func() {
			for ctx.Err() == nil {
				st.call(ctx, client)
			}
		})
	}
	return st
}

func (st *stream) call(ctx context.Context, client kubernetes.Interface) {
	created, err := client.CoreV1().Services("default").Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "stream-",
			Annotations:  map[string]string{v1alpha1.AnnotationNodeLocal: string(v1alpha1.NodeLocalRequired)},
		},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": "stream"},
			Ports:    []corev1.ServicePort{{Port: 80}},
		},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	switch {
	case ctx.Err() != nil:
	case err != nil:
		st.lose(err.Error())
	case created.Spec.InternalTrafficPolicy == nil || *created.Spec.InternalTrafficPolicy != corev1.ServiceInternalTrafficPolicyLocal:
		st.lose("admitted without the mutation")
	default:
		st.calls.Add(1)
	}
}

func (st *stream) lose(why string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.lost = append(st.lost, time.Now().Format(time.TimeOnly)+" "+why)
}

// end stops the stream and fails the test for every lost call.
func (st *stream) end(s story) {
	s.Helper()
	st.stop()
	st.done.Wait()
	s.Logf("%d admission calls answered, %d lost", st.calls.Load(), len(st.lost))
	if st.calls.Load() == 0 {
		s.Error("no call was answered: the stream shows nothing")
	}
	for i, why := range st.lost {
		if i == 10 {
			s.Errorf("and %d more", len(st.lost)-i)
			break
		}
		s.Errorf("lost: %s", why)
	}
}

// more returns once the stream has answered n further calls.
func (st *stream) more(s story, n int64) {
	s.Helper()
	target := st.calls.Load() + n
	s.wait(fmt.Sprintf("%d more admission calls", n), func() (bool, string) {
		now := st.calls.Load()
		return now >= target, fmt.Sprintf("%d of %d", now, target)
	})
}

// wait waits for a condition; the state it returns is part of the failure.
func (s story) wait(what string, check func() (bool, string)) {
	s.Helper()
	err := cluster.Wait(s.ctx, what, 3*time.Minute, func(context.Context) (bool, string, error) {
		done, state := check()
		return done, state, nil
	})
	if err != nil {
		s.Fatal(err)
	}
}
