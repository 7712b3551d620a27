package watch

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/routes"
)

// What a Watch keeps of 10,000 opted-in Services: index, table, and everything
// that client-go holds on to.
func BenchmarkHeap(b *testing.B) {
	const n = 10_000
	s := newServer(b)
	var all []metav1.Object
	for i := range n {
		name := fmt.Sprintf("daemon-%d", i)
		ip := netip.AddrFrom4([4]byte{10, 96, byte(i >> 8), byte(i)}).String()
		all = append(all, service(name, ip, "required", func(s *corev1.Service) {
			s.Namespace, s.UID = fmt.Sprintf("namespace-%d", i%100), types.UID(fmt.Sprintf("9f3c1a52-7d41-4b0e-8a77-%012d", i))
			s.CreationTimestamp = metav1.NewTime(time.Unix(int64(i), 0))
			s.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": string(make([]byte, 500))}
			s.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{}}`)}}
		}))
	}
	// Fill the history directly: put looks every object's predecessor up.
	s.set(func() {
		for _, o := range all {
			o.SetResourceVersion(fmt.Sprint(len(s.history)))
			s.history = append(s.history, event{"services", "Service", nil, o})
		}
	})
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		o := start(b, s, routes.ScopeOptedIn)
		for o.watch.Ready() != nil {
			time.Sleep(time.Millisecond)
		}
		if size := len(o.index.Table()); size != n {
			b.Fatalf("%d frontends, want %d", size, n)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1024/1024, "MiB")
	}
}
