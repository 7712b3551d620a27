package ebpf_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func Example() {
	// The whole life of an agent, but for the waiting.
	d, err := ebpf.Open(ebpf.Config{CgroupRoot: cgroupRoot, BPFFS: bpffs})
	if err != nil {
		fmt.Println(err)
		return
	}
	frontend := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.1"), Port: 11211, Protocol: routes.TCP}
	table := routes.Table{frontend: {Behaviour: v1alpha1.NoLocalEndpointReject}}
	fmt.Println("replaced:", d.Replace(context.Background(), table))
	fmt.Println("canary:", d.Canary(context.Background()))
	fmt.Println(d.Size())
	fmt.Println("closed:", d.Close()) // Routing goes on.
	fmt.Println("removed:", ebpf.Remove(bpffs))
	// Output:
	// replaced: <nil>
	// canary: <nil>
	// 1 131072
	// closed: <nil>
	// removed: <nil>
}
