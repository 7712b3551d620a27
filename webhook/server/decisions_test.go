package server

import (
	"bytes"
	"context"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/webhook/decisionlog"
	"github.com/inshore-dev/inshore/webhook/registration"
)

func TestWhatTheValidatingWebhookDecidesCanBeReadInTheDecisionLog(t *testing.T) {
	var out bytes.Buffer
	decisions := decisionlog.New(decisionlog.Config{Out: &out, Registry: prometheus.NewRegistry(), Log: logr.Discard()})
	f := newFixtureWith(t, logr.Discard(), decisions)
	f.review(t, registration.PathMutateDaemonSets, testdata(t, "daemonset-create.json"))
	f.review(t, registration.PathValidateDaemonSets, edited(t, "daemonset-create.json", func(request map[string]any) {
		at(request, "object", "spec", "template", "spec", "containers", 0, "ports", 0)["hostPort"] = 11211
	}))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := decisions.Start(stopped); err != nil {
		t.Fatal(err)
	}
	read := 0
	for entry, err := range decisionlog.Read(&out) {
		read++
		if err != nil {
			t.Fatal(err)
		}
		if entry.Allowed || entry.Name != "mcrouter" || entry.Namespace != "core" || entry.Findings[0].ID != "ISH201" {
			t.Errorf("got %+v", entry)
		}
		if _, err := entry.Document(); err != nil {
			t.Error(err)
		}
	}
	if read != 1 {
		t.Errorf("got %d entries, want 1: mutations are not decisions", read)
	}
}
