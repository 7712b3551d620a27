package agent

import (
	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/events"
	"github.com/inshore-dev/inshore/agent/gate"
	"github.com/inshore-dev/inshore/agent/routes"
)

// settle does what waits for a commit: readiness gates, events, figures.
func (a *Agent) settle(b batch, full *datapath.FullError) {
	now := a.config.Clock.Now()
	if a.failures > 0 {
		a.log.Info("The datapath works again", "changes", len(b.changes))
	}
	a.failures, a.replace, a.uncommitted = 0, false, nil
	var missing []routes.Frontend
	switch {
	case full != nil:
		missing = full.Missing
	case len(b.changes) == 0:
		missing = a.ledger.waiting() // Nothing was asked, so nothing is known to be different.
	}

	a.mu.Lock()
	told := a.tell(a.ledger.apply(b.changes, missing), full)
	openings := a.openings(b.pods)
	a.health.commit = nil
	a.health.committed = now
	unrouted := len(a.ledger.missing)
	a.mu.Unlock()

	for _, opening := range openings {
		opening.Committed = now
		a.config.Gate.Open(opening)
	}
	for _, event := range told {
		a.log.Info("A Service's calls go elsewhere", "service", event.Service.String(), "reason", event.Reason)
		a.config.Events.Record(event)
	}
	a.metrics.unrouted.Set(float64(unrouted))
	if full != nil {
		a.log.Error(full, "Some frontends are left to the cluster's proxy", "missing", unrouted)
	}
	if b.first {
		close(a.committed)
	}
	if len(b.changes) == 0 {
		return
	}
	a.metrics.updates.Inc()
	if !b.since.IsZero() && !b.first {
		a.metrics.programming.Observe(now.Sub(b.since).Seconds())
	}
	a.log.V(1).Info("Committed", "changes", len(b.changes), "took", now.Sub(b.since).String(), "first", b.first)
}

// tell puts transitions into events. It is called with the lock held.
func (a *Agent) tell(transitions []transition, full *datapath.FullError) []events.Event {
	var told []events.Event
	for _, t := range transitions {
		about := events.About{Service: t.service}
		if s := a.index.Service(t.service); s != nil {
			about.UID = s.UID
		}
		if t.full {
			told = append(told, events.MapFull(about, full.Capacity))
		}
		if t.from == t.to {
			continue
		}
		switch t.to {
		case atLocal:
			told = append(told, events.Back(about, t.from == atFallback))
		case atFallback:
			told = append(told, events.FallbackStarted(about))
		case atRefused:
			told = append(told, events.NoLocalEndpoint(about, events.Refused))
		case atDropped:
			told = append(told, events.NoLocalEndpoint(about, events.Dropped))
		}
	}
	return told
}

// openings are the gates to open for pods that were fit at the commit. It is
// called with the lock held.
func (a *Agent) openings(pods []pod) []gate.Opening {
	openings := make([]gate.Opening, 0, len(pods))
	for _, p := range pods {
		o := gate.Opening{Pod: p.name, UID: p.uid, Seen: p.seen, Reason: gate.ReasonRouted, Message: "New connections on the node reach the pod."}
		switch {
		case len(p.services) == 0:
			o.Reason, o.Message = gate.ReasonNotSelected, "No Service that the node agent routes selects the pod."
		case a.anyWithoutRoom(p):
			o.Reason, o.Message = gate.ReasonMapFull, "The node agent has no room for the pod's Service; the cluster's proxy carries it."
		case !p.routed:
			o.Reason, o.Message = gate.ReasonSuperseded, "A newer pod of the same controller takes new connections."
		}
		openings = append(openings, o)
	}
	return openings
}

func (a *Agent) anyWithoutRoom(p pod) bool {
	for _, name := range p.services {
		if s := a.ledger.services[name]; s != nil && s.missing > 0 {
			return true
		}
	}
	return false
}
