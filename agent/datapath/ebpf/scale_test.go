package ebpf_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/agent"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/events"
	"github.com/inshore-dev/inshore/agent/gate"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/agent/watch"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// A node of a large cluster: this many Services are ours, this many of them have
// a local pod that is replaced all the time.
const (
	scaleServices = 100_000
	scaleDaemons  = 100
	// scaleEdits are the changes of endpoints, scaleRate a second of them.
	scaleEdits = 5000
	scaleRate  = 1000
)

// cluster is an agent's [agent.Source], [agent.Gate] and [agent.Events].
type cluster struct {
	apply   watch.Edit
	running chan struct{}
}

func (c *cluster) Run(ctx context.Context, apply watch.Edit) error {
	apply(func(x *routes.Index) {
		for i := range scaleServices {
			x.SetService(scaleService(i))
		}
		for i := range scaleDaemons {
			x.SetPod(scalePod(i, 0))
		}
	})
	c.apply = apply
	close(c.running)
	<-ctx.Done()
	return nil
}

func (c *cluster) Ready() error {
	select {
	case <-c.running:
		return nil
	default:
		return fmt.Errorf("not listed yet")
	}
}

func (*cluster) Open(gate.Opening)           {}
func (*cluster) Forget(types.NamespacedName) {}
func (*cluster) Record(events.Event)         {}

func scaleAddr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 96 + byte(i>>16), byte(i >> 8), byte(i)})
}

// scaleBackend is the n-th pod of a daemon: of loopback, which is all ours here.
func scaleBackend(daemon, n int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 1 + byte(n%2), 1, byte(daemon)})
}

const scalePort = 7777

func scaleService(i int) *routes.Service {
	return &routes.Service{
		NamespacedName: types.NamespacedName{Namespace: fmt.Sprintf("team-%d", i%500), Name: fmt.Sprintf("daemon-%d", i)},
		NodeLocal:      v1alpha1.NodeLocalRequired,
		TrafficLocal:   true,
		ClusterIPs:     []netip.Addr{scaleAddr(i)},
		Ports:          []routes.ServicePort{{Protocol: routes.TCP, Port: 80, TargetPort: intstr.FromInt32(scalePort)}},
		Selector:       routes.LabelsOf(map[string]string{"app": fmt.Sprintf("daemon-%d", i)}),
	}
}

func scalePod(daemon, n int) *routes.Pod {
	return &routes.Pod{
		NamespacedName: types.NamespacedName{Namespace: fmt.Sprintf("team-%d", daemon%500), Name: fmt.Sprintf("pod-%d-%d", daemon, n)},
		UID:            types.UID(fmt.Sprintf("pod-%d-%d", daemon, n)),
		Labels:         routes.LabelsOf(map[string]string{"app": fmt.Sprintf("daemon-%d", daemon)}),
		Controller:     types.UID(fmt.Sprintf("daemon-%d", daemon)),
		Created:        time.Unix(int64(n), 0),
		IPs:            []netip.Addr{scaleBackend(daemon, n)},
		Ready:          true,
	}
}

// surge is one endpoint change: a daemon's next pod is there, the one before the
// last goes.
func surge(x *routes.Index, edit int) {
	daemon, n := edit%scaleDaemons, 1+edit/scaleDaemons
	x.SetPod(scalePod(daemon, n))
	if n >= 2 {
		x.DeletePod(scalePod(daemon, n-2).NamespacedName)
	}
}

func TestAHundredThousandServicesInAStormOfChanges(t *testing.T) {
	listenEverywhere(t)
	d := open(t, ebpf.Config{})
	c := &cluster{running: make(chan struct{})}
	stop := scaleAgent(t, d, c)
	defer stop()
	<-c.running
	awaitDump(t, func(table routes.Table) error {
		if len(table) != scaleServices {
			return fmt.Errorf("%d frontends are in the table, want %d", len(table), scaleServices)
		}
		return nil
	})
	before := heap()
	check := scaleDial(t)
	tick := time.NewTicker(time.Second / scaleRate)
	defer tick.Stop()
	began := time.Now()
	for edit := range scaleEdits {
		<-tick.C
		c.apply(func(x *routes.Index) { surge(x, edit) })
	}
	t.Logf("%d changes in %s", scaleEdits, time.Since(began).Round(time.Millisecond))
	awaitDump(t, func(table routes.Table) error {
		for i := range scaleDaemons {
			frontend := routes.Frontend{Addr: scaleAddr(i), Port: 80, Protocol: routes.TCP}
			want := netip.AddrPortFrom(scaleBackend(i, scaleEdits/scaleDaemons), scalePort)
			if local := table[frontend].Local; len(local) != 1 || local[0] != want {
				return fmt.Errorf("%v leads to %v, want %v", frontend, local, want)
			}
		}
		return nil
	})
	check()
	after := heap()
	t.Logf("heap: %d MiB before the storm, %d MiB after", before>>20, after>>20)
	// What a storm leaves behind is nothing; the margin is the runtime's own.
	if after > before+before/4+16<<20 {
		t.Errorf("the storm left %d MiB on the heap", (after-before)>>20)
	}
}

// scaleAgent runs an agent; the function it returns ends it.
func scaleAgent(t *testing.T, d *ebpf.Datapath, c *cluster) (stop func()) {
	a := agent.New(agent.Config{
		Node: "node-0", Scope: routes.ScopeOptedIn, Datapath: d, Source: c, Gate: c, Events: c,
		Metrics: prometheus.NewRegistry(), Clock: clock.RealClock{}, Log: testr.New(t),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// listenEverywhere answers on every address of this host with the one that was
// connected to.
func listenEverywhere(t *testing.T) {
	serve(t, fmt.Sprintf("0.0.0.0:%d", scalePort), func(conn net.Conn) string { return conn.LocalAddr().String() })
}

// scaleDial connects to the daemons' frontends until check is called, which wants
// every call to have been answered by a pod of that daemon.
func scaleDial(t *testing.T) (check func()) {
	var calls, wrong atomic.Int64
	var first atomic.Value
	stop := make(chan struct{})
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			for i := worker; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				daemon := i % scaleDaemons
				answer, _, err := ask(netip.AddrPortFrom(scaleAddr(daemon), 80).String())
				calls.Add(1)
				if err == nil && strings.HasSuffix(answer, fmt.Sprintf(".1.%d:%d", daemon, scalePort)) {
					continue
				}
				if wrong.Add(1) == 1 {
					first.Store(fmt.Sprintf("daemon %d: %q answered, error %s", daemon, answer, errorText(err)))
				}
			}
		})
	}
	return func() {
		close(stop)
		workers.Wait()
		t.Logf("%d calls during the storm", calls.Load())
		if wrong.Load() > 0 || calls.Load() == 0 {
			t.Errorf("%d of %d calls failed or went astray, the first: %v", wrong.Load(), calls.Load(), first.Load())
		}
	}
}

// awaitDump waits until the table in the kernel is as it should be.
func awaitDump(t *testing.T, problem func(routes.Table) error) {
	t.Helper()
	last := error(nil)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		state, err := ebpf.Dump(bpffs)
		if last = err; err == nil {
			if last = problem(state.Table); last == nil {
				return
			}
		}
	}
	t.Fatalf("the table does not converge: %v", last)
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
