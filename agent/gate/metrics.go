package gate

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a gate measures.
type metrics struct {
	patches *prometheus.CounterVec
	latency *prometheus.HistogramVec
	pending prometheus.Gauge
}

// The outcomes of a patch.
const (
	outcomeOpened  = "opened"
	outcomeGone    = "gone"
	outcomeRefused = "refused"
	outcomeFailed  = "failed"
)

// The stages of an opening.
const (
	stageCommit = "commit"
	stagePatch  = "patch"
)

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		patches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_agent_gate_patches_total",
			Help: "Attempts to set the pod condition inshore.dev/routed: opened, gone (the pod was deleted first), refused (by the API server), failed (no answer). The last two are tried again.",
		}, []string{"outcome"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "inshore_agent_gate_seconds",
			Help: "How long a pod's gate took to open: commit is from ContainersReady seen to the pod being in the datapath, patch from there to the condition being set.",
			// A commit takes from 50 µs (one map update) to seconds (a retry).
			Buckets: prometheus.ExponentialBuckets(50e-6, 2.5, 14),
		}, []string{"stage"}),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "inshore_agent_gate_pending",
			Help: "Pods that are routed and whose condition is yet to be set.",
		}),
	}
	registry.MustRegister(m.patches, m.latency, m.pending)
	// Zero is an answer; an absent series is none.
	for _, outcome := range []string{outcomeOpened, outcomeGone, outcomeRefused, outcomeFailed} {
		m.patches.WithLabelValues(outcome)
	}
	for _, stage := range []string{stageCommit, stagePatch} {
		m.latency.WithLabelValues(stage)
	}
	return m
}
