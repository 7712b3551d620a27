package policies_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/internal/projection"
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

// Building the input by itself, and by the way that it must stay ahead of.
func BenchmarkInput(b *testing.B) {
	document := readDocument(b, "testdata/daemonset.yaml")
	encoder := projection.NewEncoder(reflect.TypeFor[input.Document](),
		reflect.TypeFor[*input.Service](), reflect.TypeFor[*input.DaemonSet]())
	b.Run("projection", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encoder.Encode(reflect.ValueOf(document).Elem())
		}
	})
	b.Run("by JSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			source, err := json.Marshal(document)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := ast.ValueFromReader(bytes.NewReader(source)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
