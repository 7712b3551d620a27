package policies_test

import (
	"testing"

	"github.com/inshore-dev/inshore/policies"
)

func newEngine(t testing.TB, config policies.Config) *policies.Engine {
	t.Helper()
	engine, err := policies.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}
