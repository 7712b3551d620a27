package conntrack

import (
	"net/netip"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/agent/routes"
)

// A frontend that changed is swept at once and, in these many seconds, again: for
// packets that were under way, for handshakes that nobody answers and for connections
// that end late. The last is past the 10 s that a reset connection stays listed.
var again = []int64{1, 5, 15}

// gap is between two sweeps, so that a storm of changes is not one of dumps.
const gap = 50 * time.Millisecond

// sweeping is what a Sweeper does with a Table.
type sweeping interface {
	Sweep(keep Keep, handshakes bool) (deleted int, err error)
}

// Sweeper sweeps in the background, so that no change has to wait for it. What it
// holds is bounded by the frontends that changed in the last 15 s.
type Sweeper struct {
	table sweeping
	clock clock.WithTicker
	log   logr.Logger

	mu     sync.Mutex
	latest map[routes.Frontend]version
	count  uint64
	fresh  Keep
	// later are the versions to sweep again, by the second in which to.
	later map[int64]map[routes.Frontend]uint64

	wake       chan struct{}
	stop, done chan struct{}
}

// version is the latest change of a frontend: a later one makes the sweeps of an
// earlier one void.
type version struct {
	number   uint64
	backends []netip.AddrPort
}

// NewSweeper starts a Sweeper, which goes on until Stop.
func NewSweeper(table *Table, log logr.Logger) *Sweeper {
	return start(table, clock.RealClock{}, log)
}

func start(table sweeping, clock clock.WithTicker, log logr.Logger) *Sweeper {
	s := &Sweeper{
		table: table, clock: clock, log: log,
		latest: map[routes.Frontend]version{}, fresh: Keep{}, later: map[int64]map[routes.Frontend]uint64{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go s.run()
	return s
}

// Later sweeps frontends that just changed, soon and a few times more. It returns
// at once.
func (s *Sweeper) Later(keep Keep) {
	if len(keep) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now().Unix()
	s.count++
	for f, backends := range keep {
		s.latest[f] = version{number: s.count, backends: backends}
		s.fresh[f] = backends
		for _, seconds := range again {
			if s.later[now+seconds] == nil {
				s.later[now+seconds] = map[routes.Frontend]uint64{}
			}
			s.later[now+seconds][f] = s.count
		}
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Stop ends the sweeping and waits for the one under way.
func (s *Sweeper) Stop() {
	close(s.stop)
	<-s.done
}

func (s *Sweeper) run() {
	defer close(s.done)
	for {
		fresh, old := s.due()
		s.sweep(fresh, false)
		s.sweep(old, true)
		// A change wakes us, but not before the gap is over.
		if !s.sleep(gap, nil) || !s.sleep(s.untilDue(), s.wake) {
			return
		}
	}
}

// sleep returns false if the Sweeper is to stop.
func (s *Sweeper) sleep(d time.Duration, wake <-chan struct{}) bool {
	timer := s.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.stop:
		return false
	case <-wake:
	case <-timer.C():
	}
	return true
}

// due takes out what is to be swept now.
func (s *Sweeper) due() (fresh, old Keep) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh, s.fresh = s.fresh, Keep{}
	old = Keep{}
	now := s.clock.Now().Unix()
	for second, frontends := range s.later {
		if second > now {
			continue
		}
		for f, number := range frontends {
			if s.latest[f].number == number {
				old[f] = s.latest[f].backends
			}
		}
		delete(s.later, second)
	}
	if len(s.later) == 0 {
		clear(s.latest)
	}
	return fresh, old
}

// untilDue is how long until something is to be swept again; an hour if nothing.
func (s *Sweeper) untilDue() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := time.Hour
	if len(s.fresh) > 0 {
		return 0
	}
	for second := range s.later {
		wait = min(wait, max(0, time.Unix(second, 0).Sub(s.clock.Now())))
	}
	return wait
}

func (s *Sweeper) sweep(keep Keep, handshakes bool) {
	if len(keep) == 0 {
		return
	}
	deleted, err := s.table.Sweep(keep, handshakes)
	if err != nil {
		s.log.Error(err, "Flows to backends that are gone may be left", "frontends", len(keep))
	}
	if deleted > 0 {
		s.log.V(1).Info("Deleted flows to backends that are gone", "flows", deleted, "frontends", len(keep))
	}
}
