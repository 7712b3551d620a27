package cluster

import (
	"fmt"
	"net/netip"
)

// Every address of a cluster is decided here, and every cluster has the same: each lives in network
// namespaces of its own. A second address family would be added here.
var (
	// machineNet links the control plane (its first address) and the nodes.
	machineNet = netip.MustParsePrefix("172.30.0.0/24")
	podNet     = netip.MustParsePrefix("10.244.0.0/16")
	serviceNet = netip.MustParsePrefix("10.96.0.0/16")
)

const (
	apiPort = 6443
	// maxNodes is bounded by the third byte of a node's pods' addresses and by the last of its own.
	maxNodes = 200
	// firstNodeHost leaves room below the nodes' addresses for other machines.
	firstNodeHost = 10
)

func controlPlaneAddress() netip.Addr { return machineNet.Addr().Next() }

// kubernetesService is the ClusterIP of the Service default/kubernetes: always the range's first.
func kubernetesService() netip.Addr { return serviceNet.Addr().Next() }

// dnsService is where kubelets tell pods that DNS is.
func dnsService() netip.Addr {
	b := serviceNet.Addr().As4()
	b[3] = 10
	return netip.AddrFrom4(b)
}

func nodeAddress(index int) netip.Addr {
	b := machineNet.Addr().As4()
	b[3] = byte(firstNodeHost + index)
	return netip.AddrFrom4(b)
}

func nodePodNet(index int) netip.Prefix {
	b := podNet.Addr().As4()
	b[2] = byte(index)
	return netip.PrefixFrom(netip.AddrFrom4(b), 24)
}

func nodeName(index int) string { return fmt.Sprintf("node-%d", index) }

// apiEndpoint is where machines of the cluster reach the API server.
func apiEndpoint() string { return netip.AddrPortFrom(controlPlaneAddress(), apiPort).String() }
