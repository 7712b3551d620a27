package agent

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// BenchmarkMemory reports what one Service of one port costs in the agent, besides
// its datapath: the index, and what is told of it.
func BenchmarkMemory(b *testing.B) {
	const services = 10_000
	for b.Loop() {
		f := &fixture{}
		before := inUse()
		f.agent = New(Config{Node: "node-0", Scope: routes.ScopeOptedIn, Datapath: &datapath.Fake{}, Metrics: prometheus.NewRegistry()})
		for i := range services {
			f.agent.index.SetService(oneOfMany(i))
		}
		table := f.agent.index.Checkpoint()
		indexed := inUse()
		f.agent.ledger.apply(f.agent.ledger.difference(table), nil)
		b.ReportMetric(float64(indexed-before)/services, "index-B/Service")
		b.ReportMetric(float64(inUse()-indexed)/services, "ledger-B/Service")
		runtime.KeepAlive(f)
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// oneOfMany is a Service of a usual size that shares no memory with others.
func oneOfMany(i int) *routes.Service {
	name := fmt.Sprintf("service-%d", i)
	return &routes.Service{
		NamespacedName: types.NamespacedName{Namespace: strings.Clone("core"), Name: name},
		UID:            types.UID(fmt.Sprintf("0d2b5a53-7f6f-4f3c-9b3a-%012d", i)),
		NodeLocal:      v1alpha1.NodeLocalRequired, TrafficLocal: true,
		ClusterIPs: []netip.Addr{netip.AddrFrom4([4]byte{10, 96, byte(i >> 8), byte(i)})},
		Ports:      []routes.ServicePort{{Name: "tcp", Protocol: routes.TCP, Port: 80, TargetPort: intstr.FromInt32(8080)}},
		Selector:   routes.LabelsOf(map[string]string{"app": name}),
	}
}
