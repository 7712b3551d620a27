package routes_test

import (
	"fmt"
	"net/netip"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// A pod turns ready, and one frontend changes.
func ExampleIndex() {
	index := routes.NewIndex(routes.Config{Node: "node-1", Scope: routes.ScopeOptedIn})
	index.SetService(&routes.Service{
		NamespacedName: types.NamespacedName{Namespace: "core", Name: "mcrouter"},
		NodeLocal:      v1alpha1.NodeLocalRequired,
		ClusterIPs:     []netip.Addr{netip.MustParseAddr("10.96.0.10")},
		Ports:          []routes.ServicePort{{Protocol: routes.TCP, Port: 11211}},
		Selector:       routes.LabelsOf(map[string]string{"app": "mcrouter"}),
	})
	fmt.Print(index.Checkpoint()) // For Datapath.Replace.

	index.SetPod(&routes.Pod{
		NamespacedName: types.NamespacedName{Namespace: "core", Name: "mcrouter-x7k2p"},
		Labels:         routes.LabelsOf(map[string]string{"app": "mcrouter", "rev": "2"}),
		IPs:            []netip.Addr{netip.MustParseAddr("10.244.1.5")},
		Ready:          true,
	})
	fmt.Println(index.Changes()) // For Datapath.Update.
	// Output:
	// 10.96.0.10:11211/tcp core/mcrouter else=reject
	// [10.96.0.10:11211/tcp core/mcrouter local=10.244.1.5:11211 else=reject]
}
