package scenarios

import (
	"bytes"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/inshore-dev/inshore/e2e/stage"
)

func (s story) webhookPods() []string {
	s.Helper()
	pods, err := stage.WebhookPods(s.ctx, s.c)
	if err != nil {
		s.Fatal(err)
	}
	return pods
}

// metrics are what one replica of the webhook exports, by metric name.
func (s story) metrics(pod string) map[string]*dto.MetricFamily {
	s.Helper()
	body, err := s.c.PodGet(s.ctx, stage.Namespace, pod, 8080, "/metrics")
	if err != nil {
		s.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		s.Fatalf("reading the metrics of %s: %v", pod, err)
	}
	return families
}

// expiry is when a certificate of a replica expires, in seconds since 1970:
// the serving one, or the embedded ca that signed it.
func (s story) expiry(pod, certificate string) float64 {
	s.Helper()
	for _, metric := range s.metrics(pod)["inshore_certificate_expiry_timestamp_seconds"].GetMetric() {
		for _, label := range metric.GetLabel() {
			if label.GetName() == "certificate" && label.GetValue() == certificate {
				return metric.GetGauge().GetValue()
			}
		}
	}
	s.Fatalf("%s exports no expiry of its %s certificate", pod, certificate)
	return 0
}
