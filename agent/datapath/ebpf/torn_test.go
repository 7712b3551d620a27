package ebpf

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// The programs of the storm are slow readers, and one of them does not verify.
//
//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel,bpfeb -no-global-types slow bpf/inshore.c -- -DLINGER=40 -mcpu=v2 -fno-strict-aliasing -Wall -Wextra -Werror -idirafter /usr/include/x86_64-linux-gnu -idirafter /usr/include/aarch64-linux-gnu
//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel,bpfeb -no-global-types unverified bpf/inshore.c -- -DLINGER=40 -DVERIFIED=0 -mcpu=v2 -fno-strict-aliasing -Wall -Wextra -Werror -idirafter /usr/include/x86_64-linux-gnu -idirafter /usr/include/aarch64-linux-gnu

// The storm: frontends whose decisions change as fast as they can be written, while
// connects look at them as fast as they can. Every part of a decision says which
// frontend and which write it belongs to, so that a mixture is recognised.
const (
	stormSteady   = 24 // Frontends that always have a decision, if an ever changing one.
	stormChurning = 8  // Frontends that come and go.
	stormConnects = 400_000
)

// stormFrontend is the i-th frontend.
func stormFrontend(i int) routes.Frontend {
	return routes.Frontend{Addr: netip.AddrFrom4([4]byte{10, 96, 0, byte(i)}), Port: 80, Protocol: routes.UDP}
}

// stormBackend is a backend that says whose it is. The port is a function of all
// that the address says.
func stormBackend(frontend, write, slot, length int) netip.AddrPort {
	addr := [4]byte{127, byte(frontend), byte(write), byte(slot<<4 | length)}
	return netip.AddrPortFrom(netip.AddrFrom4(addr), stormPort(addr))
}

func stormPort(addr [4]byte) uint16 {
	return 1024 + uint16(mix(7, uint64(addr[1])<<16|uint64(addr[2])<<8|uint64(addr[3]))%60000)
}

// stormRoute is one write of a decision: of 1 to 8 backends, local or fallback,
// chosen by any rule.
func stormRoute(frontend, write int) *routes.Route {
	length := 1 + rand.IntN(routes.MaxLocal)
	var backends []netip.AddrPort
	for slot := range length {
		backends = append(backends, stormBackend(frontend, write, slot, length))
	}
	route := &routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback, Balance: balances[rand.IntN(len(balances))]}
	if rand.IntN(2) == 0 {
		route.Local = backends
	} else {
		route.Fallback = backends
	}
	return route
}

// stormProblem says what is wrong with where a connect to a frontend went.
func stormProblem(frontend int, peer netip.AddrPort) string {
	addr := peer.Addr().As4()
	slot, length := int(addr[3]>>4), int(addr[3]&15)
	switch {
	case peer.Addr() == stormFrontend(frontend).Addr:
		if frontend < stormSteady {
			return fmt.Sprintf("the frontend %d was passed by", frontend)
		}
	case addr[0] != 127 || int(addr[1]) != frontend:
		return fmt.Sprintf("the frontend %d led to %v, which is another's", frontend, peer)
	case stormPort(addr) != peer.Port() || slot >= length:
		return fmt.Sprintf("the frontend %d led to %v, which no decision ever said", frontend, peer)
	}
	return ""
}

func TestNoDecisionIsEverTorn(t *testing.T) {
	torn, first, repeated := storm(t, loadSlow)
	t.Logf("%d reads were repeated in %d connects", repeated, stormConnects)
	if torn > 0 {
		t.Errorf("%d of %d decisions were torn; the first: %s", torn, stormConnects, first)
	}
}

// Without this the test above would prove nothing.
func TestDecisionsAreTornWithoutVerification(t *testing.T) {
	for range 5 {
		torn, first, _ := storm(t, loadUnverified)
		t.Logf("%d of %d decisions were torn; the first: %s", torn, stormConnects, first)
		if torn > 0 {
			return
		}
	}
	t.Error("no torn decision was seen: the storm is not one")
}

// storm returns how many decisions were seen torn, the first of them, and how
// many reads the programs repeated.
func storm(t *testing.T, load func() (*ebpf.CollectionSpec, error)) (torn int64, first any, repeated uint64) {
	d, err := Open(Config{CgroupRoot: os.Getenv("INSHORE_EBPF_TEST_CGROUP"), load: load, MaxFrontends: stormSteady + stormChurning})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if err := Remove(""); err != nil {
			t.Error(err)
		}
	}()
	table := routes.Table{}
	for i := range stormSteady {
		table[stormFrontend(i)] = *stormRoute(i, 0)
	}
	if err := d.Replace(context.Background(), table); err != nil {
		t.Fatal(err)
	}
	// So that a socket says where it really leads.
	if err := detach(d.pins.link("getpeername4")); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writer, readers sync.WaitGroup
	writer.Go(func() { stormWrite(t, d, stop) })
	var count atomic.Int64
	var problem atomic.Value
	for range 4 {
		readers.Go(func() {
			stormRead(t, stormConnects/4, func(what string) {
				count.Add(1)
				problem.CompareAndSwap(nil, what)
			})
		})
	}
	readers.Wait()
	close(stop)
	writer.Wait()
	return count.Load(), problem.Load(), atomic.LoadUint64(&d.cell.state.Repeated)
}

// stormWrite writes until it is stopped: decisions as a Replace does, many with one
// system call, so that the kernel recycles what it has just replaced.
func stormWrite(t *testing.T, d *Datapath, stop <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var writes [256][stormSteady + stormChurning]*routes.Route
	var frontends []routes.Frontend
	for i := range stormSteady + stormChurning {
		frontends = append(frontends, stormFrontend(i))
		for write := range writes {
			writes[write][i] = stormRoute(i, write)
		}
	}
	for write := 0; ; write++ {
		select {
		case <-stop:
			return
		default:
		}
		routes := func(f routes.Frontend) *routes.Route { return writes[write&255][f.Addr.As4()[3]] }
		err := d.cell.writing(func() error {
			gone := stormSteady + rand.IntN(stormChurning)
			return errors.Join(d.v4.putAll(frontends, routes), d.v4.remove(stormFrontend(gone)))
		})
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// stormRead connects a number of times and tells what is wrong. Connecting a UDP
// socket sends nothing, so this is the hook and little else.
func stormRead(t *testing.T, connects int, tell func(string)) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer unix.Close(socket)
	for range connects {
		i := rand.IntN(stormSteady + stormChurning)
		frontend := stormFrontend(i)
		if err := unix.Connect(socket, &unix.SockaddrInet4{Port: int(frontend.Port), Addr: frontend.Addr.As4()}); err != nil {
			// Nothing is routed to 10.96.0.0/16 here: one that was passed by.
			if i < stormSteady {
				tell(fmt.Sprintf("the frontend %d: %v", i, err))
			}
			continue
		}
		peer, err := unix.Getpeername(socket)
		if err != nil {
			tell(fmt.Sprintf("the frontend %d led to port 0: %v", i, err))
			continue
		}
		if problem := stormProblem(i, addrPortOf(peer)); problem != "" {
			tell(problem)
		}
	}
}
