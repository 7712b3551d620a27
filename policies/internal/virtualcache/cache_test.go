package virtualcache_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/policies/internal/virtualcache"
)

// Whatever a query does with it, it must see what OPA's own cache would show.
func TestItAnswersAsOPAsOwnDoes(t *testing.T) {
	element := rapid.SampledFrom([]string{`"a"`, `"b"`, `1`, `{"k": 1}`, `["x"]`, `null`})
	rapid.Check(t, func(t *rapid.T) {
		ours, theirs := virtualcache.Get(), topdown.NewVirtualCache()
		defer ours.Release()
		depth := 1
		// One slice for all of them, as OPA does.
		var ref ast.Ref
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			ref = ref[:0]
			for range rapid.IntRange(1, 4).Draw(t, "length") {
				ref = append(ref, ast.MustParseTerm(element.Draw(t, "element")))
			}
			switch rapid.SampledFrom([]string{"put", "put", "put", "get", "get", "undefined", "push", "pop"}).Draw(t, "step") {
			case "put":
				value := ast.NumberTerm("7")
				ours.Put(ref, value)
				theirs.Put(slices.Clone(ref), value)
			case "undefined":
				ours.Put(ref, nil)
				theirs.Put(slices.Clone(ref), nil)
			case "push":
				ours.Push()
				theirs.Push()
				depth++
			case "pop":
				if depth == 1 {
					continue
				}
				ours.Pop()
				theirs.Pop()
				depth--
			}
			value, undefined := ours.Get(ref)
			wantValue, wantUndefined := theirs.Get(ref)
			if value != wantValue || undefined != wantUndefined {
				t.Fatalf("%v is %v, undefined %t; want %v, %t", ref, value, undefined, wantValue, wantUndefined)
			}
			if got, want := texts(ours.Keys()), texts(theirs.Keys()); !slices.Equal(got, want) {
				t.Fatalf("the keys are %v, want %v", got, want)
			}
		}
	})
}

func texts(refs []ast.Ref) []string {
	var all []string
	for _, ref := range refs {
		var elements []string
		for _, term := range ref {
			elements = append(elements, term.String())
		}
		all = append(all, strings.Join(elements, "."))
	}
	slices.Sort(all)
	return all
}

func TestTheNextQueryKnowsNothingOfTheOneBefore(t *testing.T) {
	ref := ast.MustParseRef("data.inshore.lib.intent.opted_in")
	for range 3 {
		cache := virtualcache.Get()
		if value, undefined := cache.Get(ref); value != nil || undefined {
			t.Fatalf("a new cache says %v, undefined %t", value, undefined)
		}
		cache.Put(ref, ast.BooleanTerm(true))
		cache.Push()
		cache.Put(ref, nil)
		cache.Release()
	}
}
