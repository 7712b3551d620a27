package policies

import (
	"strings"
	"testing"
	"time"
)

func TestAPanicInEvaluationIsAnError(t *testing.T) {
	// A query that was never compiled panics.
	_, err := (&query{}).evaluate(t.Context(), time.Second, nil)
	if err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("want an error that names the panic, got %v", err)
	}
}
