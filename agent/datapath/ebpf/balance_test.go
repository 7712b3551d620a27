package ebpf_test

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

const balanced = "10.96.0.1:80"

// balancing routes to four backends by a rule.
func balancing(t *testing.T, route routes.Route) *ebpf.Datapath {
	t.Helper()
	for i := range 4 {
		route.Local = append(route.Local, server(t, fmt.Sprintf("127.0.1.%d:0", i), fmt.Sprint(i)))
	}
	return routing(t, routes.Table{tcp(balanced): route})
}

// spread asks many times and counts who answered.
func spread(t *testing.T, times int) map[string]int {
	t.Helper()
	answered := map[string]int{}
	for range times {
		name, _, err := ask(balanced)
		if err != nil {
			t.Fatal(err)
		}
		answered[name]++
	}
	return answered
}

func TestRandomAndRoundRobinUseEveryBackend(t *testing.T) {
	t.Run("random", func(t *testing.T) {
		balancing(t, routes.Route{Balance: v1alpha1.BalanceRandom})
		// That one of four is never chosen in 200 happens once in 10^24.
		if answered := spread(t, 200); len(answered) != 4 {
			t.Errorf("the answers are %v, want some of each", answered)
		}
	})
	t.Run("round-robin", func(t *testing.T) {
		balancing(t, routes.Route{Balance: v1alpha1.BalanceRoundRobin})
		for name, times := range spread(t, 40) {
			if times != 10 {
				t.Errorf("backend %s answered %d times of 40, want 10", name, times)
			}
		}
	})
}

func TestTheHashesChooseTheSameBackendAgain(t *testing.T) {
	tests := map[string]struct {
		route    routes.Route
		byClient bool
	}{
		"source-hash":      {routes.Route{Balance: v1alpha1.BalanceSourceHash}, true},
		"session affinity": {routes.Route{Balance: v1alpha1.BalanceRandom, Affinity: time.Hour}, true},
		"destination-hash": {routes.Route{Balance: v1alpha1.BalanceDestinationHash}, false},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			d := balancing(t, test.route)
			if answered := spread(t, 20); len(answered) != 1 {
				t.Errorf("one client was answered by %v, want by one", answered)
			}
			// 16 more clients: all the same one has a chance of 4^-16 if by client.
			used := map[netip.AddrPort]bool{}
			for range 16 {
				used[backendOfNewNamespace(t, d)] = true
			}
			if (len(used) > 1) != test.byClient {
				t.Errorf("16 clients were led to %v", used)
			}
		})
	}
}

// backendOfNewNamespace is where a client in a network namespace of its own is led.
// The way back is the only thing that knows: the connection itself fails.
func backendOfNewNamespace(t *testing.T, d *ebpf.Datapath) (backend netip.AddrPort) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // And never unlocked: the thread ends with its namespace.
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return err
			}
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			_ = unix.Connect(fd, sockaddr(unix.AF_INET, netip.MustParseAddrPort(balanced)))
			backend, err = ebpf.BackendOf(d, fd)
			return err
		}()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return backend
}

func TestLeastConnectionUsesTheIdleOnes(t *testing.T) {
	for _, balance := range []v1alpha1.Balance{
		v1alpha1.BalanceLeastConnection, v1alpha1.BalanceShortestExpectedDelay, v1alpha1.BalanceNeverQueue,
	} {
		t.Run(string(balance), func(t *testing.T) {
			d := balancing(t, routes.Route{Balance: balance})
			var fds []int
			for round := range 3 {
				used := map[netip.AddrPort]bool{}
				for range 4 {
					fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
					if err != nil {
						t.Fatal(err)
					}
					fds = append(fds, fd)
					if err := unix.Connect(fd, sockaddr(unix.AF_INET, netip.MustParseAddrPort(balanced))); err != nil {
						t.Fatal(err)
					}
					used[backendOf(t, d, fd)] = true
				}
				if len(used) != 4 {
					t.Errorf("round %d of four connections used %d backends, want each", round, len(used))
				}
			}
			wantOpen(t, d, 12)
			// The one that all its connections leave is the next.
			idle := backendOf(t, d, fds[0])
			for _, fd := range fds {
				if backendOf(t, d, fd) == idle {
					unix.Close(fd)
				} else {
					defer unix.Close(fd)
				}
			}
			wantOpen(t, d, 9)
			next, err := stream(t, unix.AF_INET, 0, balanced)
			if err != nil {
				t.Fatal(err)
			}
			if got := backendOf(t, d, next); got != idle {
				t.Errorf("the next connection went to %v, want the idle %v", got, idle)
			}
		})
	}
}

func backendOf(t *testing.T, d *ebpf.Datapath, fd int) netip.AddrPort {
	t.Helper()
	backend, err := ebpf.BackendOf(d, fd)
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

func wantOpen(t *testing.T, d *ebpf.Datapath, want uint64) {
	t.Helper()
	open, err := ebpf.OpenCounts(d)
	if err != nil {
		t.Fatal(err)
	}
	var sum uint64
	for _, count := range open {
		sum += count
	}
	if sum != want {
		t.Errorf("%d connections are counted open (%v), want %d", sum, open, want)
	}
}

func TestACountOfOpenConnectionsNeverGoesBelowZero(t *testing.T) {
	ctx := context.Background()
	backend := server(t, "127.0.0.1:0", "four")
	route := routes.Route{Local: []netip.AddrPort{backend}, Balance: v1alpha1.BalanceLeastConnection}
	d := routing(t, routes.Table{tcp(balanced): route})
	before, after := held(t, balanced), held(t, balanced)
	wantOpen(t, d, 2)
	update := func(route *routes.Route) {
		t.Helper()
		if err := d.Update(ctx, []routes.Change{{Frontend: tcp(balanced), Route: route}}); err != nil {
			t.Fatal(err)
		}
	}
	// The backend goes, its count with it, and comes back.
	update(&routes.Route{Balance: v1alpha1.BalanceLeastConnection})
	if open, err := ebpf.OpenCounts(d); err != nil || len(open) != 0 {
		t.Errorf("the counts are %v (%v), want that they went with the backend", open, err)
	}
	before.Close()
	update(&route)
	fresh := held(t, balanced)
	after.Close() // Of the former life.
	wantOpen(t, d, 1)
	// Only what changes changes its count: not a restart, not another backend.
	again := routing(t, routes.Table{tcp(balanced): route})
	wantOpen(t, again, 1)
	route.Local = append(route.Local, server(t, "127.0.0.2:0", "another"))
	if err := again.Update(ctx, []routes.Change{{Frontend: tcp(balanced), Route: &route}}); err != nil {
		t.Fatal(err)
	}
	wantOpen(t, again, 1)
	fresh.Close()
	wantOpen(t, again, 0)
	if err := again.Replace(ctx, routes.Table{}); err != nil {
		t.Fatal(err)
	}
	if open, err := ebpf.OpenCounts(again); err != nil || len(open) != 0 {
		t.Errorf("the counts are %v (%v), want none in an empty table", open, err)
	}
}

// A socket whose connect failed may connect again: it is one connection.
func TestASocketThatConnectsAgainIsCountedOnce(t *testing.T) {
	closed := server(t, "127.0.0.1:0", "closed")
	route := routes.Route{Local: []netip.AddrPort{netip.AddrPortFrom(closed.Addr(), 1)}, Balance: v1alpha1.BalanceLeastConnection}
	d := routing(t, routes.Table{tcp(balanced): route})
	fd, err := stream(t, unix.AF_INET, 0, balanced)
	if err == nil {
		t.Fatal("something listens on port 1")
	}
	for range 3 {
		_ = unix.Connect(fd, sockaddr(unix.AF_INET, netip.MustParseAddrPort(balanced)))
	}
	wantOpen(t, d, 1)
	_ = unix.Connect(fd, sockaddr(unix.AF_INET, closed))
	wantOpen(t, d, 0)
}
