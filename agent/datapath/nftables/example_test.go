package nftables_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/datapath/nftables"
	"github.com/inshore-dev/inshore/agent/routes"
)

func Example() {
	d, err := nftables.Open(nftables.Config{Mode: nftables.Full})
	if errors.Is(err, nftables.ErrUnsupported) {
		fmt.Println("this kernel cannot:", err)
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close() // The table stays, and routes.
	dns := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: 53, Protocol: routes.UDP}
	if err := d.Replace(context.Background(), routes.Table{
		dns: {Local: []netip.AddrPort{netip.MustParseAddrPort("10.244.1.7:5353")}},
	}); err != nil {
		fmt.Println(err)
	}
	// The pod is gone, and nobody is there: refuse.
	if err := d.Update(context.Background(), []routes.Change{{Frontend: dns, Route: &routes.Route{}}}); err != nil {
		fmt.Println(err)
	}
}
