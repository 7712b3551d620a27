package conntrack_test

import (
	"fmt"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/conntrack"
	"github.com/inshore-dev/inshore/agent/routes"
)

func Example() {
	table, err := conntrack.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer table.Close()
	dns := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: 53, Protocol: routes.UDP}
	deleted, err := table.Sweep(conntrack.Keep{
		dns: {netip.MustParseAddrPort("10.244.1.7:5353")}, // And whoever was before is gone.
	}, false)
	fmt.Println(deleted, err)
}
