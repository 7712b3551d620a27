package audit

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/webhook/rollout"
)

// PolicyMetrics are about NodeLocalPolicies and their roll-outs. Only the leader's
// have values.
type PolicyMetrics struct {
	objects *prometheus.GaugeVec
	changes *prometheus.CounterVec
	paused  *prometheus.GaugeVec
}

// NewPolicyMetrics registers the metrics. It panics if they are registered already.
func NewPolicyMetrics(registry prometheus.Registerer) *PolicyMetrics {
	m := &PolicyMetrics{
		objects: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "inshore_policy_objects",
			Help: "Services and DaemonSets by how they stand to a NodeLocalPolicy: matched by it, enforced, pending a change, or violating a rule.",
		}, []string{"policy", "state"}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_policy_rollout_changes_total",
			Help: "Objects that a NodeLocalPolicy's roll-out changed (applied, undone) or could not (conflict, denied, failed).",
		}, []string{"policy", "result"}),
		paused: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "inshore_policy_rollout_paused",
			Help: "1 while a NodeLocalPolicy's roll-out stands still, by the reason of its condition Progressing.",
		}, []string{"policy", "reason"}),
	}
	registry.MustRegister(m.objects, m.changes, m.paused)
	return m
}

// show makes the gauges of a policy what is known of it.
func (m *PolicyMetrics) show(policy string, counts rollout.Counts, step rollout.Step) {
	for state, n := range map[string]int{
		"matched": counts.Matched, "enforced": counts.Enforced, "pending": counts.Pending, "violating": counts.Violating,
	} {
		m.objects.WithLabelValues(policy, state).Set(float64(n))
	}
	// A series that appears only with its first change cannot be alerted on.
	for _, result := range []string{applied, undone, conflict, denied, failed} {
		m.changes.WithLabelValues(policy, result)
	}
	m.paused.DeletePartialMatch(prometheus.Labels{"policy": policy})
	if step.Halted() {
		m.paused.WithLabelValues(policy, step.Reason).Set(1)
	}
}

// forget drops what there is about a policy that is gone and undone: names of
// policies come and go.
func (m *PolicyMetrics) forget(policy string) {
	m.changes.DeletePartialMatch(prometheus.Labels{"policy": policy})
	m.objects.DeletePartialMatch(prometheus.Labels{"policy": policy})
	m.paused.DeletePartialMatch(prometheus.Labels{"policy": policy})
}

// reset drops what one who leads no more does not know.
func (m *PolicyMetrics) reset() {
	m.objects.Reset()
	m.paused.Reset()
}
