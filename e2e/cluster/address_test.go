package cluster

import (
	"net/netip"
	"testing"
)

func TestAddressesOfTheLargestClusterAreDistinctAndInTheirRanges(t *testing.T) {
	seen := map[netip.Addr]bool{controlPlaneAddress(): true}
	var podNets []netip.Prefix
	for i := range maxNodes {
		address, pods := nodeAddress(i), nodePodNet(i)
		if seen[address] || !machineNet.Contains(address) {
			t.Fatalf("node %d: address %s is taken or outside %s", i, address, machineNet)
		}
		seen[address] = true
		if !podNet.Contains(pods.Addr()) {
			t.Fatalf("node %d: pods %s are outside %s", i, pods, podNet)
		}
		for _, other := range podNets {
			if other.Overlaps(pods) {
				t.Fatalf("node %d: pods %s overlap %s", i, pods, other)
			}
		}
		podNets = append(podNets, pods)
	}
	for _, service := range []netip.Addr{kubernetesService(), dnsService()} {
		if !serviceNet.Contains(service) {
			t.Errorf("service address %s is outside %s", service, serviceNet)
		}
	}
}
