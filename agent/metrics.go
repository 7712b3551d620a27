package agent

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/agent/datapath"
)

// metrics are what the loop measures.
type metrics struct {
	updates        prometheus.Counter
	updateErrors   prometheus.Counter
	programming    prometheus.Histogram
	unrouted       prometheus.Gauge
	canary         prometheus.Gauge
	canaryFailures prometheus.Counter
	renewFailures  prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, d datapath.Datapath) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "inshore_agent_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "inshore_agent_" + name, Help: help})
	}
	m := &metrics{
		updates:      counter("updates_total", "Updates that the datapath carried out."),
		updateErrors: counter("update_errors_total", "Updates that the datapath failed; each is tried again until it is carried out."),
		programming: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "inshore_agent_programming_seconds",
			Help: "How long a change took from the watch to the datapath, counted from the oldest change of an update. Without the first table.",
			// From one map update to a node that is starved.
			Buckets: prometheus.ExponentialBuckets(50e-6, 2.5, 14),
		}),
		unrouted:       gauge("frontends_without_room", "Frontends that the datapath has no room for; the cluster's proxy decides where their calls go."),
		canary:         gauge("canary_ok", "Whether the last connection through the datapath arrived where it should: 1 or 0."),
		canaryFailures: counter("canary_failures_total", "Connections through the datapath that did not arrive where they should."),
		renewFailures:  counter("renew_failures_total", "Times that the datapath's orphan deadline could not be put off."),
	}
	registry.MustRegister(m.updates, m.updateErrors, m.programming, m.unrouted, m.canary, m.canaryFailures, m.renewFailures,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "inshore_agent_frontends", Help: "Frontends (ClusterIP, port, protocol) in the datapath.",
		}, func() float64 { used, _ := d.Size(); return float64(used) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "inshore_agent_frontends_capacity", Help: "Frontends that the datapath has room for; 0 for no bound.",
		}, func() float64 { _, capacity := d.Size(); return float64(capacity) }),
	)
	return m
}
