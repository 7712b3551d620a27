package policies

import (
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"
)

func TestAPanicInEvaluationIsAnError(t *testing.T) {
	// A query that was never prepared makes OPA panic.
	_, err := evaluate(t.Context(), time.Second, &rego.PreparedEvalQuery{}, nil)
	if err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("want an error that names the panic, got %v", err)
	}
}
