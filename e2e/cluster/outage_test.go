package cluster_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

func TestNodesDifferInTheirProxyAndHaveBothFamilies(t *testing.T) {
	c := start(t, cluster.Config{
		Name: "test-mixed", Nodes: 3,
		NodeProxies: map[int]cluster.ProxyMode{1: cluster.ProxyIPTables, 2: cluster.ProxyNone},
	})
	for node, want := range []string{"nftables", "iptables", "none"} {
		must(t, cluster.Wait(t.Context(), fmt.Sprintf("node %d to have the proxy mode %s", node, want), limit, hasProxy(c, node, want)))
	}
	for _, n := range c.Nodes() {
		node, err := c.Client().CoreV1().Nodes().Get(t.Context(), n.Name, metav1.GetOptions{})
		must(t, err)
		if len(node.Status.Addresses) < 3 || len(node.Spec.PodCIDRs) != 2 { // Two addresses, and the name.
			t.Errorf("%s has addresses %v and pods %v, want both families", n.Name, node.Status.Addresses, node.Spec.PodCIDRs)
		}
	}
	reachesOver6(t, c)

	restore, err := c.RemoveProxy(t.Context(), c.Nodes()[0])
	must(t, err)
	if gone, rules, err := hasProxy(c, 0, "none")(t.Context()); err != nil || !gone {
		t.Errorf("the proxy's rules are still there: %s, %v", rules, err)
	}
	must(t, restore())
	must(t, cluster.Wait(t.Context(), "the proxy's rules to be back", limit, hasProxy(c, 0, "nftables")))
}

// hasProxy looks whose rules lead a node's Services. The kubelet has tables of iptables too, on every node.
func hasProxy(c *cluster.Cluster, node int, mode string) cluster.Check {
	return func(ctx context.Context) (bool, string, error) {
		rules, err := c.Nodes()[node].Exec(ctx, "nft", "list", "ruleset")
		found := "none"
		switch {
		case strings.Contains(rules, "table ip6 kube-proxy"):
			found = "nftables"
		case strings.Contains(rules, "KUBE-SERVICES"):
			found = "iptables"
		}
		return found == mode, found, err
	}
}

// reachesOver6 has each node dial another one's IPv6 address.
func reachesOver6(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	for i, n := range c.Nodes() {
		other := c.Nodes()[(i+1)%len(c.Nodes())]
		listener, err := other.Listen(t.Context(), "tcp", "[::]:0")
		must(t, err)
		defer listener.Close()
		port := listener.Addr().(*net.TCPAddr).Port
		conn, err := n.Dial(t.Context(), "tcp", netip.AddrPortFrom(other.IPs[1], uint16(port)).String())
		must(t, err)
		conn.Close()
	}
}

func TestAnAPIServerIsKilledAndPausedAndComesBack(t *testing.T) {
	c := start(t, cluster.Config{Name: "test-outage"})
	ctx := t.Context()
	_, err := c.Kubectl(ctx, "", "create", "configmap", "kept", "--from-literal=a=b")
	must(t, err)
	for what, end := range map[string]func() (func() error, error){
		"killed": func() (func() error, error) { return c.KillComponent(ctx, c.ControlPlane(), "kube-apiserver") },
		"paused": func() (func() error, error) { return c.PauseComponent(c.ControlPlane(), "kube-apiserver") },
	} {
		back, err := end()
		must(t, err)
		impatient, cancel := context.WithTimeout(ctx, time.Second)
		if _, err := c.Client().CoreV1().ConfigMaps("default").Get(impatient, "kept", metav1.GetOptions{}); err == nil {
			t.Errorf("the API server answers although it is %s", what)
		}
		cancel()
		must(t, back())
		must(t, cluster.Wait(ctx, "an API server that was "+what, limit, func(ctx context.Context) (bool, string, error) {
			_, err := c.Client().CoreV1().ConfigMaps("default").Get(ctx, "kept", metav1.GetOptions{})
			return err == nil, fmt.Sprint(err), nil
		}))
	}
}
