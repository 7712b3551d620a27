package validate_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// judgeLogged makes a decision again from the line that the decision log holds
// of it: what is masked there must not be what rules decide by.
func judgeLogged(t *testing.T, rules validate.Rules, document *input.Document, decision policies.Decision) {
	t.Helper()
	var out bytes.Buffer
	log := decisionlog.New(decisionlog.Config{Out: &out, Registry: prometheus.NewRegistry(), Log: logr.Discard()})
	log.Write(&decisionlog.Record{Document: document, Decision: decision})
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := log.Start(stopped); err != nil {
		t.Fatal(err)
	}
	read := 0
	for entry, err := range decisionlog.Read(&out) {
		if err != nil {
			t.Fatal(err)
		}
		read++
		logged, err := entry.Document()
		if err != nil {
			t.Fatal(err)
		}
		again := validate.Judge(t.Context(), rules, logged)
		if diff := cmp.Diff(decision.Results, again.Results); diff != "" {
			t.Errorf("the decision (-) and the same from the log (+) differ:\n%s", diff)
		}
	}
	if read != 1 {
		t.Errorf("the log has %d decisions, want 1", read)
	}
}
