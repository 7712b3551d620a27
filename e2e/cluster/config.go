package cluster

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
)

// ProxyMode is how Services are routed on the nodes.
type ProxyMode string

// The modes of kube-proxy, and ProxyNone for no kube-proxy at all.
const (
	ProxyNFTables ProxyMode = "nftables"
	ProxyIPTables ProxyMode = "iptables"
	ProxyNone     ProxyMode = "none"
)

// Config says what cluster to start.
type Config struct {
	// Name tells clusters that run at the same time apart: "inshore" by default.
	Name string
	// Nodes is how many nodes to start. With none there is an API server with its etcd and, if Controllers
	// says so, the controllers; with some, the controllers and the scheduler run too.
	Nodes int
	// Controllers starts kube-controller-manager even though there are no nodes.
	Controllers bool
	// Proxy is nftables by default. NodeProxies are the nodes, by number, that differ.
	Proxy       ProxyMode
	NodeProxies map[int]ProxyMode
	// DNS runs CoreDNS in the cluster and tells pods of it.
	DNS bool
	// APIServerArgs, ControllerArgs and KubeletArgs are added after the harness's own, so the last one wins.
	APIServerArgs  []string
	ControllerArgs []string
	KubeletArgs    []string
	// APIServerEnv are variables of the API server, as NAME=value.
	APIServerEnv []string
	// ControlPlaneFiles are written on the control plane's machine before the API server starts, for its flags
	// to name: "lib/a.yaml" is /var/lib/a.yaml there.
	ControlPlaneFiles map[string]string
	// Audited are users whose requests the API server notes down, for [Cluster.Requests].
	Audited []string
	// FailureLogs is the folder into which every component's log goes when the start fails; empty for none.
	FailureLogs string
	// Progress is told what is being done whenever something takes longer than a moment. Nil for silence.
	Progress io.Writer
}

var clusterName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$`)

func (c Config) complete() (Config, error) {
	if c.Name == "" {
		c.Name = "inshore"
	}
	if c.Proxy == "" {
		c.Proxy = ProxyNFTables
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	modes := []ProxyMode{ProxyNFTables, ProxyIPTables, ProxyNone}
	switch {
	case !clusterName.MatchString(c.Name):
		return c, fmt.Errorf("cluster name %q: want at most 32 of a-z, 0-9 and -, with a letter or digit at both ends", c.Name)
	case c.Nodes < 0 || c.Nodes > maxNodes:
		return c, fmt.Errorf("%d nodes: want 0 to %d", c.Nodes, maxNodes)
	case slices.ContainsFunc(slices.Collect(maps.Keys(c.NodeProxies)), func(n int) bool { return n < 0 || n >= c.Nodes }):
		return c, fmt.Errorf("proxy modes of nodes %v: want nodes from 0 to below %d", slices.Sorted(maps.Keys(c.NodeProxies)), c.Nodes)
	case slices.ContainsFunc(slices.Collect(maps.Values(c.NodeProxies)), func(m ProxyMode) bool { return !slices.Contains(modes, m) }):
		return c, fmt.Errorf("proxy modes of nodes %v: want one of %v each", c.NodeProxies, modes)
	case !slices.Contains(modes, c.Proxy):
		return c, fmt.Errorf("proxy mode %q: want one of %v", c.Proxy, modes)
	case c.DNS && c.Nodes == 0:
		return c, fmt.Errorf("DNS runs in pods: want at least one node")
	}
	return c, nil
}

// proxyOf is the mode of one node.
func (c Config) proxyOf(node int) ProxyMode {
	if mode, ok := c.NodeProxies[node]; ok {
		return mode
	}
	return c.Proxy
}
