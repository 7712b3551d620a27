package server

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// outcome is how a call ended.
type outcome string

const (
	outcomePatched   outcome = "patched"   // mutate: a patch
	outcomeUnchanged outcome = "unchanged" // mutate: nothing to do
	outcomeLeft      outcome = "left"      // mutate: an annotation cannot be read; validate refuses it
	outcomeAllowed   outcome = "allowed"   // validate: no violation
	outcomeWarned    outcome = "warned"    // validate: allowed with warnings
	outcomeDenied    outcome = "denied"    // validate: refused
	outcomeRefused   outcome = "refused"   // either: not a review of ours (4xx)
	outcomePanic     outcome = "panic"     // either: 500
)

// durationBuckets start where a handler's median lies. controller-runtime's
// own histogram steps by decades and would put every call into one bucket. The
// last bucket is the timeout in our webhook configurations.
var durationBuckets = []float64{
	50e-6, 75e-6, 100e-6, 150e-6, 200e-6, 300e-6, 400e-6, 600e-6,
	1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 500e-3, 1, 5,
}

// Metrics are the admission metrics.
type Metrics struct {
	duration *prometheus.HistogramVec
	reviews  *prometheus.CounterVec
	found    *prometheus.CounterVec
	excepted *prometheus.CounterVec
	panics   *prometheus.CounterVec
}

// NewMetrics registers the admission metrics. It panics if they are registered
// already.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "inshore_admission_duration_seconds",
			Help:    "Time from a review's arrival to its answer, bytes to bytes.",
			Buckets: durationBuckets,
		}, []string{"webhook", "kind"}),
		reviews: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_admission_reviews_total",
			Help: "Reviews answered, by outcome. An object that nobody opted in counts nowhere: it causes no call.",
		}, []string{"webhook", "kind", "operation", "outcome"}),
		found: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_admission_violations_total",
			Help: "Violations found by the validating webhook.",
		}, []string{"rule", "severity"}),
		excepted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_exceptions_used_total",
			Help: "Violations that the validating webhook let pass because a NodeLocalPolicy excepts them.",
		}, []string{"rule", "policy"}),
		panics: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_admission_panics_total",
			Help: "Reviews that ended in a recovered panic.",
		}, []string{"webhook", "kind"}),
	}
	registry.MustRegister(m.duration, m.reviews, m.found, m.excepted, m.panics)
	// A series that appears only with its first event cannot be alerted on
	// with rate(): start the ones that matter at zero.
	for _, phase := range []phase{phaseMutate, phaseValidate} {
		for kind := range kinds {
			m.duration.WithLabelValues(string(phase), string(kind))
			m.panics.WithLabelValues(string(phase), string(kind))
			m.reviews.WithLabelValues(string(phase), string(kind), "", string(outcomeRefused))
		}
	}
	return m
}

// observe counts a call. The operation is empty if the call was no review.
func (m *Metrics) observe(phase phase, kind v1alpha1.Kind, operation input.Operation, outcome outcome, start time.Time) {
	m.duration.WithLabelValues(string(phase), string(kind)).Observe(time.Since(start).Seconds())
	m.reviews.WithLabelValues(string(phase), string(kind), operationLabel(operation), string(outcome)).Inc()
}

// operationLabel bounds the label: the operation comes from the network.
func operationLabel(operation input.Operation) string {
	switch operation {
	case "", input.OperationCreate, input.OperationUpdate:
		return string(operation)
	}
	return "OTHER"
}

// violations counts what the validating webhook found.
func (m *Metrics) violations(results []policies.Result) {
	for _, result := range results {
		m.found.WithLabelValues(result.ID, string(result.Severity)).Inc()
	}
}

// exceptions counts what the validating webhook let pass.
func (m *Metrics) exceptions(excepted []policies.Excepted) {
	for _, e := range excepted {
		m.excepted.WithLabelValues(e.ID, e.Policy).Inc()
	}
}

// panicked counts a recovered panic.
func (m *Metrics) panicked(phase phase, kind v1alpha1.Kind) {
	m.panics.WithLabelValues(string(phase), string(kind)).Inc()
	m.reviews.WithLabelValues(string(phase), string(kind), "", string(outcomePanic)).Inc()
}
