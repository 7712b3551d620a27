package audit

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are audit's. Only the leader's have values.
type Metrics struct {
	violations *prometheus.GaugeVec
	excepted   *prometheus.GaugeVec
	objects    *prometheus.GaugeVec
	missed     *prometheus.GaugeVec
	leader     prometheus.Gauge
	waiting    prometheus.Gauge
	lastRun    prometheus.Gauge
	runs       *prometheus.CounterVec
	writes     *prometheus.CounterVec
	repairs    *prometheus.CounterVec
	events     *prometheus.CounterVec

	mu sync.Mutex
	// shown are the series of each namespace, to take away those that a later
	// pass does not have.
	shown map[string]series
}

// series are the labels of a namespace's gauges.
type series struct {
	found    map[finding]int
	excepted map[string]int
}

// The results of runs, writes and repairs as labels.
const (
	done     = "ok"
	failed   = "failed"
	repaired = "repaired"
	conflict = "conflict" // the object changed meanwhile: tried again
	denied   = "denied"   // admission, RBAC or validation refused it
	reverted = "reverted" // repaired again, because somebody undid it

	sent    = "sent"
	dropped = "dropped" // more events than the token bucket passes
)

// NewMetrics registers audit's metrics. It panics if they are registered already.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "inshore_audit_" + name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "inshore_audit_" + name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "inshore_audit_" + name + "_total", Help: help}, labels)
	}
	m := &Metrics{
		violations: gauges("violations", "Findings about what is in the cluster now.", "rule", "severity", "namespace"),
		excepted:   gauges("excepted", "Findings that an exception lets pass now.", "rule", "namespace"),
		objects:    gauges("objects", "Services and DaemonSets with an annotation of ours.", "namespace"),
		missed:     gauges("missed_mutations", "Objects that are not as admission would leave them.", "namespace"),
		leader:     gauge("leader", "1 while this replica audits."),
		waiting:    gauge("waiting_namespaces", "Namespaces that wait for a pass, those within their pause left out."),
		lastRun:    gauge("last_run_timestamp_seconds", "When the last pass over a namespace ended, in seconds since 1970."),
		runs:       counters("runs", "Passes over a namespace.", "result"),
		writes:     counters("report_writes", "Reports written to the API server.", "operation", "result"),
		repairs:    counters("repairs", "Objects patched because admission had missed them.", "result"),
		events:     counters("events", "Events about violations and repairs.", "result"),
		shown:      map[string]series{},
	}
	registry.MustRegister(m.violations, m.excepted, m.objects, m.missed, m.leader, m.waiting, m.lastRun,
		m.runs, m.writes, m.repairs, m.events)
	// A series that appears only with its first event cannot be alerted on.
	for _, result := range []string{repaired, conflict, denied, failed, reverted} {
		m.repairs.WithLabelValues(result)
	}
	for _, operation := range []string{"apply", "delete"} {
		m.writes.WithLabelValues(operation, done)
		m.writes.WithLabelValues(operation, failed)
	}
	m.runs.WithLabelValues(done)
	m.runs.WithLabelValues(failed)
	m.events.WithLabelValues(sent)
	m.events.WithLabelValues(dropped)
	return m
}

// show makes the gauges of a namespace what a pass found.
func (m *Metrics) show(t *tally, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.shown[t.namespace]
	for found, n := range t.found {
		m.violations.WithLabelValues(found.rule, string(found.severity), t.namespace).Set(float64(n))
		delete(before.found, found)
	}
	for found := range before.found {
		m.violations.DeleteLabelValues(found.rule, string(found.severity), t.namespace)
	}
	for rule, n := range t.excepted {
		m.excepted.WithLabelValues(rule, t.namespace).Set(float64(n))
		delete(before.excepted, rule)
	}
	for rule := range before.excepted {
		m.excepted.DeleteLabelValues(rule, t.namespace)
	}
	m.lastRun.Set(float64(now.UnixMilli()) / 1e3)
	if t.objects == 0 {
		m.objects.DeleteLabelValues(t.namespace)
		m.missed.DeleteLabelValues(t.namespace)
		delete(m.shown, t.namespace)
		return
	}
	m.objects.WithLabelValues(t.namespace).Set(float64(t.objects))
	m.missed.WithLabelValues(t.namespace).Set(float64(t.missed))
	m.shown[t.namespace] = series{maps.Clone(t.found), maps.Clone(t.excepted)}
}

// lead sets who we are. One who no longer leads knows nothing of the cluster's
// state, and a gauge that stood still would be taken for it.
func (m *Metrics) lead(leads bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leader.Set(0)
	if leads {
		m.leader.Set(1)
		return
	}
	m.violations.Reset()
	m.excepted.Reset()
	m.objects.Reset()
	m.missed.Reset()
	m.waiting.Set(0)
	clear(m.shown)
}

// result is the label of how something ended.
func result(err error) string {
	if err != nil {
		return failed
	}
	return done
}
