package conntrack

import (
	"net/netip"
	"testing"
	"time"

	"github.com/go-logr/logr"
	testclock "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/agent/routes"
)

// fakeTable notes what it is asked to sweep.
type fakeTable struct{ sweeps chan task }

type task struct {
	keep       Keep
	handshakes bool
}

func (f *fakeTable) Sweep(keep Keep, handshakes bool) (int, error) {
	f.sweeps <- task{keep, handshakes}
	return len(keep), nil
}

// after steps the clock, each time the Sweeper sleeps, until it sweeps.
func (f *fakeTable) after(t *testing.T, clock *testclock.FakeClock) (task, time.Duration) {
	t.Helper()
	start := clock.Now()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		select {
		case swept := <-f.sweeps:
			return swept, clock.Since(start)
		default:
		}
		if clock.HasWaiters() {
			clock.Step(gap)
		}
	}
	t.Fatal("nothing swept")
	return task{}, 0
}

func TestAChangeIsSweptAtOnceAndAgain(t *testing.T) {
	clock := testclock.NewFakeClock(time.Unix(1000, 0))
	table := &fakeTable{sweeps: make(chan task)}
	s := start(table, clock, logr.Discard())
	defer s.Stop()
	f := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: 53, Protocol: routes.UDP}
	s.Later(nil) // Nothing.
	s.Later(Keep{f: nil})
	first, _ := table.after(t, clock)
	if first.handshakes || len(first.keep) != 1 {
		t.Errorf("at first %+v; want the frontend, without handshakes", first)
	}
	for _, seconds := range again {
		swept, _ := table.after(t, clock)
		if !swept.handshakes || len(swept.keep) != 1 {
			t.Errorf("later %+v; want the frontend, with handshakes", swept)
		}
		if got, want := clock.Since(time.Unix(1000, 0)), time.Duration(seconds)*time.Second; got < want {
			t.Errorf("after %s, want %s or later", got, want)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.latest)+len(s.fresh)+len(s.later) > 0 {
		t.Errorf("left: %v %v %v", s.latest, s.fresh, s.later)
	}
}

func TestALaterChangeMakesAnEarlierOneVoid(t *testing.T) {
	clock := testclock.NewFakeClock(time.Unix(1000, 0))
	table := &fakeTable{sweeps: make(chan task)}
	s := start(table, clock, logr.Discard())
	defer s.Stop()
	f := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: 53, Protocol: routes.UDP}
	backend := netip.MustParseAddrPort("10.244.1.2:53")
	s.Later(Keep{f: nil})
	table.after(t, clock)
	s.Later(Keep{f: {backend}})
	for range 1 + len(again) {
		swept, _ := table.after(t, clock)
		if len(swept.keep[f]) != 1 {
			t.Errorf("swept %+v; want the backend to be kept", swept)
		}
	}
}
