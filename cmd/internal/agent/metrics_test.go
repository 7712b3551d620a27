package agent

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/agent/introspect"
)

func TestThatEBPFWasGivenUpIsAMetric(t *testing.T) {
	for reason, want := range map[string]float64{"": 0, "the verifier refused it": 1} {
		registry := prometheus.NewRegistry()
		registerGivenUp(registry, &carrier{describe: func() introspect.Datapath { return introspect.Datapath{GivenUp: reason} }})
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		if got := families[0].GetMetric()[0].GetGauge().GetValue(); got != want {
			t.Errorf("given up because of %q: %s is %v, want %v", reason, families[0].GetName(), got, want)
		}
	}
}
