package policies_test

import (
	"testing"

	"github.com/inshore-dev/inshore/policies"
)

func BenchmarkEvaluate(b *testing.B) {
	engine := newEngine(b, policies.Config{})
	for _, kind := range []string{"daemonset", "service"} {
		b.Run(kind, func(b *testing.B) {
			document := readDocument(b, "testdata/"+kind+".yaml")
			b.ReportAllocs()
			for b.Loop() {
				if decision := engine.Evaluate(b.Context(), document); len(decision.Results) > 0 {
					b.Fatalf("the benchmark's object has findings: %v", decision.Results)
				}
			}
		})
	}
}
