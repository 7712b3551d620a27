package scenarios

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// writes is a steady flow of creations, of an annotated Service and of a plain one
// in turn. Unlike a [stream]'s they need not be mutated, only let through.
type writes struct {
	stop    context.CancelFunc
	done    sync.WaitGroup
	through atomic.Int64
	mu      sync.Mutex
	refused []string
}

func startWrites(s story) *writes {
	s.Helper()
	config := rest.CopyConfig(s.c.RESTConfig())
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	w := &writes{stop: cancel}
	for _, annotations := range []map[string]string{nil, {v1alpha1.AnnotationNodeLocal: "required"}} {
		w.done.Go(func() {
			for ctx.Err() == nil {
				w.create(ctx, client, annotations)
			}
		})
	}
	return w
}

func (w *writes) create(ctx context.Context, client kubernetes.Interface, annotations map[string]string) {
	_, err := client.CoreV1().Services("default").Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "write-", Annotations: annotations},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "write"}, Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	switch {
	case ctx.Err() != nil:
	case err == nil:
		w.through.Add(1)
	default:
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refused = append(w.refused, fmt.Sprintf("%s annotations %v: %v", time.Now().Format(time.StampMilli), annotations, err))
	}
}

// more returns once n further creations went through.
func (w *writes) more(s story, n int64) {
	s.Helper()
	target := w.through.Load() + n
	s.wait(fmt.Sprintf("%d more creations", n), func() (bool, string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.through.Load() >= target, fmt.Sprintf("%d of %d; refused %s", w.through.Load(), target, strings.Join(last(w.refused, 3), "; "))
	})
}

// end stops the flow and fails the test for every creation that was refused.
func (w *writes) end(s story) {
	s.Helper()
	w.stop()
	w.done.Wait()
	s.Logf("%d creations let through, %d refused", w.through.Load(), len(w.refused))
	for _, why := range last(w.refused, 10) {
		s.Errorf("refused: %s", why)
	}
}

func last(all []string, n int) []string { return all[max(0, len(all)-n):] }
