package policies

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// capabilities are what a rule may use: everything in OPA whose answer depends
// on its arguments alone. Without the network (http.send, net.lookup_ip_addr),
// the process (opa.runtime), the clock and chance, a verdict in CI is the
// verdict in the cluster, today and tomorrow.
var capabilities = sync.OnceValue(func() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return b.Nondeterministic
	})
	c.AllowNet = []string{} // not nil: nil allows every host for remote schemas
	return c
})
