package bench

import (
	"fmt"
	"slices"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Arm is one way from the client to the server.
type Arm string

// The arms.
const (
	PodIP             Arm = "pod-ip"
	EBPF              Arm = "ebpf"
	NFTables          Arm = "nftables"
	KubeProxyNFTables Arm = "kube-proxy-nftables"
	KubeProxyIPTables Arm = "kube-proxy-iptables"
	Loopback          Arm = "127.0.0.1"
	UnixSocket        Arm = "unix-socket"
)

// Arms are all of them, in the order of the report.
func Arms() []Arm {
	return []Arm{PodIP, EBPF, NFTables, KubeProxyNFTables, KubeProxyIPTables, Loopback, UnixSocket}
}

// router is what routes Services on one node, the only thing there that does.
type router struct {
	arm Arm
	// proxy is kube-proxy's mode there; datapath is the agent's, empty for no agent.
	proxy    cluster.ProxyMode
	datapath string
}

var routers = []router{
	{arm: EBPF, proxy: cluster.ProxyNone, datapath: "ebpf"},
	{arm: NFTables, proxy: cluster.ProxyNone, datapath: "nftables"},
	{arm: KubeProxyNFTables, proxy: cluster.ProxyNFTables},
	{arm: KubeProxyIPTables, proxy: cluster.ProxyIPTables},
}

// bare is the router of the only node when no arm wants one.
var bare = router{arm: PodIP, proxy: cluster.ProxyNone}

// routersFor are those that the arms need: at least one, since each has a node.
func routersFor(arms []Arm) []router {
	var wanted []router
	for _, r := range routers {
		if slices.Contains(arms, r.arm) {
			wanted = append(wanted, r)
		}
	}
	if len(wanted) == 0 {
		return []router{bare}
	}
	return wanted
}

// armsOn are the arms that are measured on the i-th node: the pod's IP, beside
// which all others are set, on every one.
func armsOn(i int, r router, arms []Arm) []Arm {
	on := []Arm{PodIP}
	if r.arm != PodIP {
		on = append(on, r.arm)
	}
	for _, arm := range []Arm{Loopback, UnixSocket} {
		if i == 0 && slices.Contains(arms, arm) {
			on = append(on, arm)
		}
	}
	return on
}

// ParseArms reads names of arms.
func ParseArms(names []string) ([]Arm, error) {
	var arms []Arm
	for _, name := range names {
		if !slices.Contains(Arms(), Arm(name)) {
			return nil, fmt.Errorf("arm %q: want some of %v", name, Arms())
		}
		arms = append(arms, Arm(name))
	}
	return arms, nil
}

// Measure is what is done over an arm.
type Measure string

// The measures.
const (
	// ConnectAndEcho is a new connection and one round trip of 100 bytes.
	ConnectAndEcho Measure = "connect+echo-100"
	// Echo100 and Echo4096 are a round trip of so many bytes on an open connection.
	Echo100  Measure = "echo-100"
	Echo4096 Measure = "echo-4096"
)

// Measures are all of them, in the order of the report.
func Measures() []Measure { return []Measure{ConnectAndEcho, Echo100, Echo4096} }
