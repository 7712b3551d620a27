package reload_test

import (
	"fmt"
	"testing"

	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/reload"
)

// BenchmarkApply is a reload: the built-in rules and ten more parse, compile,
// and are tried out. Admission goes on meanwhile, by the engine in force.
func BenchmarkApply(b *testing.B) {
	holder, err := reload.New(b.Context(), reload.Config{Clock: clock.RealClock{}})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		files := map[string]string{}
		for j := range 10 {
			files[fmt.Sprintf("%d.rego", j)] = fmt.Sprintf("# version %d\n%s", i, rule(fmt.Sprintf("ACME%03d", j), good))
		}
		content, err := bundle.New(files)
		if err != nil {
			b.Fatal(err)
		}
		holder.Apply(b.Context(), reload.Change{Source: "mine", Bundle: content})
		if err := holder.Status()[0].Err; err != nil {
			b.Fatal(err)
		}
	}
}
