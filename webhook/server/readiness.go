package server

import (
	"github.com/prometheus/client_golang/prometheus"
)

// readiness shows what /readyz says to whoever cannot ask a pod: alerts.
type readiness struct {
	health *Health
	desc   *prometheus.Desc
}

// NewReadiness returns a collector of the checks of readiness, each 1 or 0. It
// asks them when it is asked.
func NewReadiness(health *Health) prometheus.Collector {
	return &readiness{health: health, desc: prometheus.NewDesc("inshore_ready",
		"Whether a check of readiness holds: 1 or 0. The reason is in the log and at /readyz.", []string{"check"}, nil)}
}

// Describe is part of prometheus.Collector.
func (r *readiness) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- r.desc }

// Collect is part of prometheus.Collector.
func (r *readiness) Collect(found chan<- prometheus.Metric) {
	for _, check := range r.health.checks {
		holds := 1.0
		if check.Ready() != nil {
			holds = 0
		}
		found <- prometheus.MustNewConstMetric(r.desc, prometheus.GaugeValue, holds, check.Name)
	}
}
