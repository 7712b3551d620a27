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
	return s.exported(stage.Namespace, pod, 8080)
}

// exported are what a pod exports at a port, by metric name.
func (s story) exported(namespace, pod string, port int) map[string]*dto.MetricFamily {
	s.Helper()
	body, err := s.c.PodGet(s.ctx, namespace, pod, port, "/metrics")
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

// agentCounted is how many connections to a Service the agent on a node counted with a result.
func (s story) agentCounted(node, service, result string) float64 {
	s.Helper()
	agent, err := stage.AgentOn(s.ctx, s.c, node)
	if err != nil {
		s.Fatal(err)
	}
	families := s.exported(agent.Namespace, agent.Name, agentMetrics)
	for _, metric := range families["inshore_agent_connections_total"].GetMetric() {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if labels["namespace"] == stage.EchoNamespace && labels["service"] == service && labels["result"] == result {
			return metric.GetCounter().GetValue()
		}
	}
	return 0
}

// agentMetrics is the agents' port for metrics.
const agentMetrics = 10465
