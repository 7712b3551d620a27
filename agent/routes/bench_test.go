package routes

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// manyServices is an index with n Services in as many namespaces as given, and
// a pod behind the first.
func manyServices(n, namespaces int) (*Index, *Pod) {
	x := NewIndex(Config{Node: "a", Scope: ScopeOptedIn})
	for i := range n {
		x.SetService(benchService(i, namespaces))
	}
	pod := &Pod{
		NamespacedName: types.NamespacedName{Namespace: "namespace-0", Name: "daemon-0-x7k2p"},
		Labels:         LabelsOf(map[string]string{"app.kubernetes.io/name": "daemon-0", "controller-revision-hash": "6b7f9d"}),
		IPs:            []netip.Addr{netip.MustParseAddr("10.244.1.5")},
		Controller:     "d1", Ready: true,
	}
	x.SetPod(pod)
	x.Checkpoint()
	return x, pod
}

func benchService(i, namespaces int) *Service {
	name := fmt.Sprintf("daemon-%d", i)
	return &Service{
		NamespacedName: types.NamespacedName{Namespace: fmt.Sprintf("namespace-%d", i%namespaces), Name: name},
		UID:            types.UID(fmt.Sprintf("9f3c1a52-7d41-4b0e-8a77-%012d", i)),
		NodeLocal:      v1alpha1.NodeLocalRequired,
		Intent:         v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalRequired},
		TrafficLocal:   true,
		ClusterIPs:     []netip.Addr{netip.AddrFrom4([4]byte{10, 96 + byte(i>>16), byte(i >> 8), byte(i)})},
		Ports:          []ServicePort{{Name: fmt.Sprint("port-", i%10), Protocol: TCP, Port: 11211}},
		Selector:       LabelsOf(map[string]string{"app.kubernetes.io/name": name}),
	}
}

// One pod turns ready and back; all Services are in its namespace, or few.
func BenchmarkPodChange(b *testing.B) {
	for _, size := range []struct{ services, namespaces int }{{10, 1}, {10_000, 1}, {100_000, 1}, {100_000, 1000}} {
		b.Run(fmt.Sprintf("services=%d/namespaces=%d", size.services, size.namespaces), func(b *testing.B) {
			x, pod := manyServices(size.services, size.namespaces)
			b.ReportAllocs()
			for b.Loop() {
				next := *pod
				next.Ready = !pod.Ready
				pod = &next
				x.SetPod(pod)
				if changes := x.Changes(); len(changes) != 1 {
					b.Fatalf("%d changes, want 1", len(changes))
				}
			}
		})
	}
}

// One endpoint of a Service with many comes or goes.
func BenchmarkSliceChange(b *testing.B) {
	for _, n := range []int{100, 5000} {
		b.Run(fmt.Sprintf("endpoints=%d", n), func(b *testing.B) {
			x := NewIndex(Config{Node: "a", Scope: ScopeOptedIn})
			service := benchService(0, 1)
			service.NodeLocal = v1alpha1.NodeLocalPreferred
			x.SetService(service)
			var first []SliceEndpoint
			for i := 0; i < n; i += 100 {
				slice := &Slice{
					NamespacedName: types.NamespacedName{Namespace: service.Namespace, Name: fmt.Sprint("slice-", i)},
					Service:        service.Name, Ports: []SlicePort{{Name: "port-0", Protocol: TCP, Port: 8080}},
				}
				for j := range 100 {
					addr := netip.AddrFrom4([4]byte{10, 244, byte((i + j) >> 8), byte(i + j)})
					slice.Endpoints = append(slice.Endpoints, SliceEndpoint{Addr: addr, Node: fmt.Sprint("node-", i+j), Ready: true})
				}
				first = slice.Endpoints
				x.SetSlice(slice)
			}
			x.Checkpoint()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				x.SetSlice(&Slice{
					NamespacedName: types.NamespacedName{Namespace: service.Namespace, Name: "slice-0"},
					Service:        service.Name, Ports: []SlicePort{{Name: "port-0", Protocol: TCP, Port: 8080}},
					Endpoints: first[i%2:],
				})
				x.Changes()
			}
		})
	}
}

// What an index holds, table included, for each Service.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("services=%d", n), func(b *testing.B) {
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				x, _ := manyServices(n, 100)
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(x)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/service")
		})
	}
}

// A relist that brings nothing new.
func BenchmarkSameServicesAgain(b *testing.B) {
	x, _ := manyServices(10_000, 100)
	for b.Loop() {
		for i := range 10_000 {
			x.SetService(benchService(i, 100))
		}
		if changes := x.Changes(); len(changes) != 0 {
			b.Fatalf("%d changes, want none", len(changes))
		}
	}
}
