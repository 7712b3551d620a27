package webhook

import (
	"crypto/x509"
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/certs"
	"github.com/inshore-dev/inshore/cmd/internal/version"
)

// registerMetrics registers what is neither about reviews nor about Go.
func registerMetrics(registry prometheus.Registerer, c certificate) {
	expiry := func(role string, certificate func() *x509.Certificate) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name:        "inshore_certificate_expiry_timestamp_seconds",
			Help:        "When the certificate expires, in seconds since 1970: serving is what we serve, ca is what signed it (embedded mode).",
			ConstLabels: prometheus.Labels{"certificate": role},
		}, func() float64 {
			if found := certificate(); found != nil {
				return float64(found.NotAfter.Unix())
			}
			return math.NaN()
		})
	}
	registry.MustRegister(expiry("serving", func() *x509.Certificate {
		chain, err := c.Chain()
		if err != nil {
			return nil
		}
		return chain[0]
	}))
	if embedded, ok := c.(*certs.Embedded); ok {
		registry.MustRegister(expiry("ca", embedded.Authority))
	}
	info := func(name, help string, labels prometheus.Labels) prometheus.Collector {
		gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
		gauge.Set(1)
		return gauge
	}
	registry.MustRegister(info("inshore_build_info", "What runs; always 1.", prometheus.Labels{"version": version.String()}))
}
