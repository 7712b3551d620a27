package audit

import (
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestWhatAdmissionTakesOutAgainWasNotApplied(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.api.admit = func(object map[string]any) {
		delete(object["metadata"].(map[string]any)["annotations"].(map[string]any), v1alpha1.AnnotationEnforcedBy)
	}
	w.put(plainService)
	w.put(plainDaemon)
	w.hold(policy(1))
	w.start()
	w.until("an attempt", func() bool {
		w.mirrored()
		var counted dto.Metric
		if err := w.PolicyMetrics.changes.WithLabelValues("everyone", failed).Write(&counted); err != nil {
			t.Fatal(err)
		}
		return counted.GetCounter().GetValue() > 0
	})
	if said := strings.Join(w.said(), "\n"); strings.Contains(said, ReasonPolicyApplied) {
		t.Errorf("said %s", said)
	}
	w.api.mu.Lock()
	w.api.admit = nil
	w.api.mu.Unlock()
	w.until("the roll-out", w.follows)
}
