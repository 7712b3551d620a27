package agent

import (
	"context"
	"time"

	"github.com/inshore-dev/inshore/agent/introspect"
)

const (
	// CanaryPeriod is how often the datapath is tried by a connection.
	CanaryPeriod = time.Minute
	// canaryTimeout bounds one trial. On the node's loopback it takes a
	// millisecond, and while it runs nothing is committed.
	canaryTimeout = time.Second
	// canaryRetry is the wait after one that failed.
	canaryRetry = 5 * time.Second
)

// health is what readiness is made of. The zero value is a process that has just
// begun.
type health struct {
	synced bool
	// committed is when the datapath last had what the index has, commit what
	// went wrong since.
	committed time.Time
	commit    error
	// tried is when the canary ran, canary what was wrong.
	tried  time.Time
	canary error
}

// problems say what is missing for readiness. It is called with the lock held.
func (a *Agent) problems() []string {
	var problems []string
	if !a.health.synced {
		missing := "the lists are complete; the loop is about to start"
		if err := a.config.Source.Ready(); err != nil {
			missing = err.Error()
		}
		return append(problems, "waiting for the API server: "+missing)
	}
	if a.health.commit != nil {
		problems = append(problems, "the datapath does not take the table: "+a.health.commit.Error())
	} else if a.health.committed.IsZero() {
		problems = append(problems, "the first table is not in the datapath yet")
	}
	if a.config.Canary == nil {
		return problems
	}
	if a.health.canary != nil {
		problems = append(problems, "a connection through the datapath did not arrive where it should (canary): "+a.health.canary.Error())
	} else if a.health.tried.IsZero() {
		problems = append(problems, "no connection through the datapath has been tried yet (canary)")
	}
	return problems
}

// tryCanary runs the canary and returns when to do so again. After a failure the
// whole table is written anew, in case somebody took it away.
func (a *Agent) tryCanary(ctx context.Context) <-chan time.Time {
	if a.config.Canary == nil {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, canaryTimeout)
	defer cancel()
	err := a.config.Canary(bounded)
	a.mu.Lock()
	before := a.health.canary
	a.health.canary, a.health.tried = err, a.config.Clock.Now()
	a.mu.Unlock()
	if err != nil {
		a.metrics.canary.Set(0)
		a.metrics.canaryFailures.Inc()
		a.log.Error(err, "A connection through the datapath did not arrive where it should (canary); writing the table again")
		a.replace = true
		return a.config.Clock.After(canaryRetry)
	}
	a.metrics.canary.Set(1)
	if before != nil {
		a.log.Info("A connection through the datapath arrived where it should again (canary)")
	}
	return a.config.Clock.After(CanaryPeriod)
}

// Report fills in what the agent knows of itself.
func (a *Agent) Report(status *introspect.Status) {
	status.Node, status.Scope = a.config.Node, string(a.config.Scope)
	_, status.Table.Capacity = a.config.Datapath.Size()
	a.mu.Lock()
	defer a.mu.Unlock()
	status.Problems = a.problems()
	status.Ready = len(status.Problems) == 0
	if !a.health.tried.IsZero() {
		status.Datapath.Canary = new(a.health.tried)
	}
	if a.health.canary != nil {
		status.Datapath.CanaryError = a.health.canary.Error()
	}
	if !a.health.committed.IsZero() {
		status.Table.Committed = new(a.health.committed)
	}
	if a.health.commit != nil {
		status.Table.CommitError = a.health.commit.Error()
	}
	var at [places]int
	for _, e := range a.ledger.entries {
		at[e.at]++
	}
	status.Table.Services, status.Table.Frontends = len(a.ledger.services), len(a.ledger.entries)
	status.Table.WithoutRoom = len(a.ledger.missing)
	status.Table.Local, status.Table.Fallback = at[atLocal], at[atFallback]
	status.Table.Refused, status.Table.Dropped = at[atRefused], at[atDropped]
}

// Routes are the decisions, sorted by Service. They are what the index says: a
// change that is on its way into the datapath is among them.
func (a *Agent) Routes() []introspect.Route {
	a.mu.Lock()
	table := a.index.Table()
	all := make([]introspect.Route, 0, len(table))
	for frontend, route := range table {
		r := introspect.NewRoute(frontend, &route)
		_, without := a.ledger.missing[frontend]
		r.Routed = !without
		all = append(all, r)
	}
	a.mu.Unlock()
	introspect.SortRoutes(all)
	return all
}
