package agent

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

const (
	// syncPoll is how often the loop asks whether the first lists are complete,
	// besides after every edit: the last of them may be complete without one.
	syncPoll = 20 * time.Millisecond
	// The wait after a failed commit doubles from the first to the last.
	firstRetry, lastRetry = 20 * time.Millisecond, 5 * time.Second
	// replaceAfter is after how many failures in a row the whole table is written
	// anew: something else may have changed what is there.
	replaceAfter = 3
)

// loop commits until ctx is done. It does one thing at a time, as datapaths
// want it.
func (a *Agent) loop(ctx context.Context) {
	renew := a.awaitSync(ctx, a.renewDatapath())
	var retry, canary <-chan time.Time
	for ctx.Err() == nil {
		if retry == nil {
			retry = a.commit(ctx)
		}
		if retry == nil && canary == nil {
			canary = a.tryCanary(ctx) // The first table has been committed.
		}
		changed := a.changed
		if retry != nil {
			changed = nil // What changes meanwhile goes with the retry.
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-retry:
			retry = nil
		case <-renew:
			renew = a.renewDatapath()
		case <-canary:
			canary = a.tryCanary(ctx)
		}
	}
}

// renewDatapath puts the orphan deadline off. That the API server is away is no
// reason not to: pods that nobody can change are still the right ones.
// It returns when to do so again.
func (a *Agent) renewDatapath() <-chan time.Time {
	if a.config.Renew == nil {
		return nil
	}
	if err := a.config.Renew(); err != nil {
		a.metrics.renewFailures.Inc()
		a.log.Error(err, "Cannot put the datapath's orphan deadline off; after it the node's calls go to the cluster's proxy")
	}
	return a.config.Clock.After(a.config.RenewPeriod)
}

// awaitSync returns once everything has been listed. A table built earlier would
// lack what a predecessor routes, and Replace would take that away. Renewals go on
// meanwhile; the next is due when what it returns says.
func (a *Agent) awaitSync(ctx context.Context, renew <-chan time.Time) <-chan time.Time {
	for a.config.Source.Ready() != nil {
		select {
		case <-ctx.Done():
			return renew
		case <-renew:
			renew = a.renewDatapath()
		case <-a.changed:
		case <-a.config.Clock.After(syncPoll):
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.health.synced = true
	return renew
}

// batch is what one commit is about.
type batch struct {
	changes []routes.Change
	// since is when the oldest edit in it arrived; zero if it is a retry alone.
	since time.Time
	pods  []pod
	// first says that it is the first table of this process.
	first bool
}

// commit brings the datapath up to the index. A channel that is not nil says when
// to try again.
func (a *Agent) commit(ctx context.Context) (retry <-chan time.Time) {
	b, err := a.write(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if full := datapath.OnlyFull(err); err == nil || full != nil {
		a.settle(b, full)
		return nil
	}
	if !a.replace {
		a.uncommitted = make(map[routes.Frontend]*routes.Route, len(b.changes))
		for _, change := range b.changes {
			a.uncommitted[change.Frontend] = change.Route
		}
	}
	a.failures++
	a.replace = a.replace || a.failures >= replaceAfter
	a.metrics.updateErrors.Inc()
	wait := backoff(a.failures)
	a.log.Error(err, "The datapath failed; new decisions are not in place yet, the last ones stay. Trying again",
		"changes", len(b.changes), "failures", a.failures, "wait", wait.String())
	a.mu.Lock()
	a.health.commit = err
	if a.edited.IsZero() {
		a.edited = b.since // The clock of these edits runs on.
	}
	a.mu.Unlock()
	return a.config.Clock.After(wait)
}

// backoff is the wait after that many failures in a row, spread so that nodes
// with the same trouble do not act in step.
func backoff(failures int) time.Duration {
	wait := lastRetry
	if failures < 10 {
		wait = min(lastRetry, firstRetry<<(failures-1))
	}
	return wait/2 + rand.N(wait/2)
}

// write takes what changed and has the datapath carry it out.
func (a *Agent) write(ctx context.Context) (batch, error) {
	a.mu.Lock()
	b := batch{since: a.edited, pods: a.fitPods(), first: !a.ledger.begun}
	a.edited = time.Time{}
	if a.replace {
		// The table is the index's own: nothing may edit it until it is written.
		defer a.mu.Unlock()
		table := a.index.Checkpoint()
		b.changes = a.ledger.difference(table)
		a.uncommitted = nil
		if err := a.config.Datapath.Replace(ctx, table); err != nil {
			return b, err
		}
		return b, nil
	}
	b.changes = a.merge(a.index.Changes())
	a.mu.Unlock()
	if len(b.changes) == 0 {
		return b, nil
	}
	return b, a.config.Datapath.Update(ctx, b.changes)
}

// merge adds to new changes those that failed before. It is called with the lock
// held.
func (a *Agent) merge(changes []routes.Change) []routes.Change {
	if len(a.uncommitted) == 0 {
		return changes
	}
	for _, change := range changes {
		a.uncommitted[change.Frontend] = change.Route
	}
	merged := make([]routes.Change, 0, len(a.uncommitted))
	for frontend, route := range a.uncommitted {
		merged = append(merged, routes.Change{Frontend: frontend, Route: route})
	}
	return merged
}
