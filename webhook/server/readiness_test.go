package server

import (
	"errors"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
)

func TestWhatIsNotReadyIsAMetric(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(NewReadiness(NewHealth(logr.Discard(),
		Check{Name: "policies", Ready: func() error { return nil }},
		Check{Name: "certificate", Ready: func() error { return errors.New("nobody signed it") }},
	)))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, metric := range families[0].Metric {
		got[metric.Label[0].GetValue()] = metric.GetGauge().GetValue()
	}
	if len(got) != 2 || got["policies"] != 1 || got["certificate"] != 0 {
		t.Errorf("%s is %v", families[0].GetName(), got)
	}
}
