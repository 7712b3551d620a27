package bundles

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/policies/reload"
)

var (
	revisionInfo = prometheus.NewDesc("inshore_policy_revision_info", "The rules that judge; always 1.", []string{"revision"}, nil)
	lastSuccess  = prometheus.NewDesc("inshore_policy_last_success_timestamp_seconds",
		"When a source of rules was last read and in force as read, in seconds since 1970.", []string{"source"}, nil)
	failing = prometheus.NewDesc("inshore_policy_source_failing",
		"1 while what a source says is not in force: it cannot be read, or was refused.", []string{"source"}, nil)
)

// collector reads the metrics that say how things are from the holder.
type collector struct{ holder *reload.Holder }

// Describe implements prometheus.Collector.
func (collector) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- revisionInfo
	descriptions <- lastSuccess
	descriptions <- failing
}

// Collect implements prometheus.Collector.
func (c collector) Collect(found chan<- prometheus.Metric) {
	gauge := func(description *prometheus.Desc, value float64, label string) {
		found <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value, label)
	}
	gauge(revisionInfo, 1, c.holder.Engine().Revision())
	for _, status := range c.holder.Status() {
		if !status.LastSuccess.IsZero() {
			gauge(lastSuccess, float64(status.LastSuccess.Unix()), status.Source)
		}
		bad := 0.0
		if status.Err != nil {
			bad = 1
		}
		gauge(failing, bad, status.Source)
	}
}
