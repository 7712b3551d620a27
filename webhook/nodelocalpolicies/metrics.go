package nodelocalpolicies

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/policies"
)

// collector counts exceptions when it is asked: time passes without an event.
type collector struct {
	held  *held
	clock clock.Clock
}

var exceptionsDesc = prometheus.NewDesc("inshore_exceptions",
	"Exceptions in NodeLocalPolicies: live ones pass, those in grace only warn for a week, expired ones have no effect and should go.",
	[]string{"policy", "state"}, nil)

// Describe is part of prometheus.Collector.
func (*collector) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- exceptionsDesc }

// Collect is part of prometheus.Collector.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	now := c.clock.Now()
	c.held.mu.Lock()
	defer c.held.mu.Unlock()
	for name, policy := range c.held.policies {
		counts := map[string]int{"live": 0, "grace": 0, "expired": 0}
		for _, exception := range policy.Spec.Exceptions {
			counts[state(exception.Expires.Time, now)]++
		}
		for state, n := range counts {
			metrics <- prometheus.MustNewConstMetric(exceptionsDesc, prometheus.GaugeValue, float64(n), name, state)
		}
	}
}

// state is what becomes of an exception that expires then.
func state(expires, now time.Time) string {
	switch {
	case now.Before(expires):
		return "live"
	case now.Before(expires.Add(policies.ExceptionGrace)):
		return "grace"
	}
	return "expired"
}
