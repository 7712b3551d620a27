package cluster

import (
	"net/netip"
	"testing"
)

func TestAddressesOfTheLargestClusterAreDistinctAndInTheirRanges(t *testing.T) {
	for family := range machineNets {
		seen := map[netip.Addr]bool{controlPlaneAddresses()[family]: true}
		var taken []netip.Prefix
		for i := range maxNodes {
			address, pods := nodeAddresses(i)[family], nodePodNets(i)[family]
			if seen[address] || !machineNets[family].Contains(address) {
				t.Fatalf("node %d: address %s is taken or outside %s", i, address, machineNets[family])
			}
			seen[address] = true
			if !podNets[family].Contains(pods.Addr()) {
				t.Fatalf("node %d: pods %s are outside %s", i, pods, podNets[family])
			}
			for _, other := range taken {
				if other.Overlaps(pods) {
					t.Fatalf("node %d: pods %s overlap %s", i, pods, other)
				}
			}
			taken = append(taken, pods)
		}
	}
	for _, service := range []netip.Addr{kubernetesService(), dnsService()} {
		if !serviceNets[0].Contains(service) {
			t.Errorf("service address %s is outside %s", service, serviceNets[0])
		}
	}
}
