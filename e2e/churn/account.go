package churn

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Account is what became of the requests of a phase.
type Account struct {
	Phase string
	// Requests are all: creates and updates. OK were stored with the mutation.
	Requests, OK int
	// Refused are mistakes that a rule refused.
	Refused int
	// Unavailable are requests that failed because somebody was not there, by whom and how.
	Unavailable map[string]int
	// Examples have an error for each key of Unavailable.
	Examples map[string]string
	// Missed are objects that were stored without the mutation: answered so, or found so where nobody answered.
	// Unrepaired are those of them that were still so when the wait for repair ended, after RepairTook.
	Missed, Unrepaired int
	RepairTook         time.Duration
	// Wrong are answers that must never be: a mistake that was stored, a right object that a rule refused.
	Wrong []string
	// Held are requests that were not begun, because too many were under way.
	Held int
	// Took is how long the phase was written to. Faults are what happened meanwhile.
	Took time.Duration

	mu        sync.Mutex
	latencies []time.Duration
}

// Lost are requests of the phase that were right and not answered as they should be: unavailable or missed.
func (a *Account) Lost() int { return a.Refusals() + a.Missed }

// Refusals are all that failed because somebody was not there.
func (a *Account) Refusals() int {
	sum := 0
	for _, n := range a.Unavailable {
		sum += n
	}
	return sum
}

// Latency is the time within which a share (0 to 1) of all requests was answered, in whatever way.
func (a *Account) Latency(share float64) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(a.latencies))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// Causes are those of the requests that failed because somebody was not there.
func (a *Account) Causes() []string {
	var causes []string
	for _, cause := range slices.Sorted(maps.Keys(a.Unavailable)) {
		causes = append(causes, fmt.Sprintf("%d %s", a.Unavailable[cause], cause))
	}
	return causes
}

func (a *Account) add(latency time.Duration, count func(*Account)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Requests++
	a.latencies = append(a.latencies, latency)
	count(a)
}

func (a *Account) hold() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Held++
}

func (a *Account) answered() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.OK
}

// fail counts a request that failed because somebody was not there.
func (a *Account) fail(why cause, err error) {
	a.Unavailable[string(why)]++
	a.Examples[string(why)] = err.Error()
}

func newAccount(phase string) *Account {
	return &Account{Phase: phase, Unavailable: map[string]int{}, Examples: map[string]string{}}
}

// Sum is all accounts in one, of a name.
func Sum(name string, accounts []*Account) *Account {
	all := newAccount(name)
	for _, a := range accounts {
		all.Requests += a.Requests
		all.OK += a.OK
		all.Refused += a.Refused
		for cause, n := range a.Unavailable {
			all.Unavailable[cause] += n
		}
		maps.Copy(all.Examples, a.Examples)
		all.Missed += a.Missed
		all.Unrepaired += a.Unrepaired
		all.RepairTook = max(all.RepairTook, a.RepairTook)
		all.Wrong = append(all.Wrong, a.Wrong...)
		all.Held += a.Held
		all.Took += a.Took
		all.latencies = append(all.latencies, a.latencies...)
	}
	return all
}
