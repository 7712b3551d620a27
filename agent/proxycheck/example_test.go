package proxycheck_test

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/inshore-dev/inshore/agent/proxycheck"
)

func ExampleReport_WriteText() {
	report := proxycheck.Report{Results: []proxycheck.Result{{
		Service: "core/mcrouter", Port: "memcache",
		Frontend: netip.MustParseAddrPort("10.96.0.10:11211"),
		Verdict:  proxycheck.LeavesNode,
		Backends: []netip.AddrPort{netip.MustParseAddrPort("10.244.2.7:11211")},
	}}}
	if err := report.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// NO  core/mcrouter (memcache)  10.96.0.10:11211  leaves this node: 10.244.2.7:11211
}
