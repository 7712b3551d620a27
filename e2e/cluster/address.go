package cluster

import (
	"fmt"
	"net/netip"
	"strings"
)

// Every address of a cluster is decided here, and every cluster has the same: each lives in network
// namespaces of its own. There are two of everything, IPv4 first: a Service that does not ask for more gets
// an address of the first family, pods and machines have both.
var (
	// machineNets link the control plane (their first address) and the nodes.
	machineNets = prefixes("172.30.0.0/24", "fd00:172:30::/64")
	podNets     = prefixes("10.244.0.0/16", "fd00:10:244::/56")
	serviceNets = prefixes("10.96.0.0/16", "fd00:10:96::/112")
)

const (
	apiPort = 6443
	// maxNodes is bounded by the byte of a node's pods' addresses that is its number, and by the last of its own.
	maxNodes = 200
	// firstNodeHost leaves room below the nodes' addresses for other machines.
	firstNodeHost = 10
	dnsHost       = 10
)

// podNetBits is how long the prefix of one node's pods is, by family.
var podNetBits = []int{24, 64}

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// host is the address in net whose last byte is number.
func host(net netip.Prefix, number int) netip.Addr {
	b := net.Addr().AsSlice()
	b[len(b)-1] = byte(number)
	address, _ := netip.AddrFromSlice(b)
	return address
}

func hosts(nets []netip.Prefix, number int) []netip.Addr {
	var all []netip.Addr
	for _, net := range nets {
		all = append(all, host(net, number))
	}
	return all
}

func controlPlaneAddresses() []netip.Addr { return hosts(machineNets, 1) }

// controlPlaneAddress is the one by which everybody reaches it.
func controlPlaneAddress() netip.Addr { return controlPlaneAddresses()[0] }

// kubernetesService is the ClusterIP of the Service default/kubernetes: always the range's first.
func kubernetesService() netip.Addr { return host(serviceNets[0], 1) }

// dnsService is where kubelets tell pods that DNS is.
func dnsService() netip.Addr { return host(serviceNets[0], dnsHost) }

func nodeAddresses(index int) []netip.Addr { return hosts(machineNets, firstNodeHost+index) }

// nodePodNets are a node's share of podNets: the last byte of the prefix is its number.
func nodePodNets(index int) []netip.Prefix {
	var all []netip.Prefix
	for family, net := range podNets {
		b := net.Addr().AsSlice()
		b[podNetBits[family]/8-1] = byte(index)
		address, _ := netip.AddrFromSlice(b)
		all = append(all, netip.PrefixFrom(address, podNetBits[family]))
	}
	return all
}

func nodeName(index int) string { return fmt.Sprintf("node-%d", index) }

// apiEndpoint is where machines of the cluster reach the API server.
func apiEndpoint() string { return netip.AddrPortFrom(controlPlaneAddress(), apiPort).String() }

// commas lists addresses or prefixes as flags of Kubernetes want them.
func commas[T fmt.Stringer](all []T) string {
	var texts []string
	for _, one := range all {
		texts = append(texts, one.String())
	}
	return strings.Join(texts, ",")
}
