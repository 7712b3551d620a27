package virtualcache_test

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/policies/internal/virtualcache"
)

func ExampleCache() {
	cache := virtualcache.Get()
	defer cache.Release()
	cache.Put(ast.MustParseRef("data.inshore.lib.intent.opted_in"), ast.BooleanTerm(true))
	cache.Put(ast.MustParseRef("data.inshore.lib.pod.host_network"), nil)

	value, _ := cache.Get(ast.MustParseRef("data.inshore.lib.intent.opted_in"))
	_, undefined := cache.Get(ast.MustParseRef("data.inshore.lib.pod.host_network"))
	fmt.Println(value, undefined)
	// Output: true true
}
