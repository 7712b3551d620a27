package nftables

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
)

// node is a made-up node with two pods and the network beyond: every one a
// namespace, with a link to the node.
//
//	client ── node ── server     10.1.1.2, 10.1.2.2; fd01::2, fd02::2
//	           └──── other       10.1.3.2; fd03::2: another node, and the default route
type node struct {
	*space
	client, server, other *space
}

func newNode(t testing.TB) *node {
	t.Helper()
	n := &node{space: newSpace(t, "node"), client: newSpace(t, "client"), server: newSpace(t, "server"), other: newSpace(t, "other")}
	n.sysctl("net/ipv4/ip_forward", "1")
	n.sysctl("net/ipv6/conf/all/forwarding", "1")
	// Addresses are usable at once: nobody else has them.
	n.sysctl("net/ipv6/conf/default/accept_dad", "0")
	for i, s := range []*space{n.client, n.server, n.other} {
		s.sysctl("net/ipv6/conf/default/accept_dad", "0")
		n.join(s, i+1)
	}
	n.in(func() {
		n.defaultRoute(netip.MustParseAddr("10.1.3.2"))
		n.defaultRoute(netip.MustParseAddr("fd03::2"))
	})
	if t.Failed() {
		t.FailNow()
	}
	return n
}

// join links a namespace to the node, as the i-th.
func (n *node) join(s *space, i int) {
	n.in(func() {
		link := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: s.name}, PeerName: "eth0", PeerNamespace: netlink.NsFd(int(s.file.Fd()))}
		n.must("adding a link", netlink.LinkAdd(link))
		n.must("setting the link up", netlink.LinkSetUp(link))
		n.address(link, netip.MustParsePrefix(fmt.Sprintf("10.1.%d.1/24", i)))
		n.address(link, netip.MustParsePrefix(fmt.Sprintf("fd0%d::1/64", i)))
	})
	s.in(func() {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			s.must("finding the link", err)
			return
		}
		s.must("setting the link up", netlink.LinkSetUp(link))
		s.address(link, netip.MustParsePrefix(fmt.Sprintf("10.1.%d.2/24", i)))
		s.address(link, netip.MustParsePrefix(fmt.Sprintf("fd0%d::2/64", i)))
		s.defaultRoute(netip.MustParseAddr(fmt.Sprintf("10.1.%d.1", i)))
		s.defaultRoute(netip.MustParseAddr(fmt.Sprintf("fd0%d::1", i)))
	})
}
