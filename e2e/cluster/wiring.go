package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// wire is run on a machine's network by a shell.
type wire struct{ lines []string }

// newWire begins a machine's network. IPv6 addresses are to be usable at once: that nobody else has them needs
// no asking (RFC 4862, duplicate address detection).
func newWire() *wire {
	w := &wire{lines: []string{"set -e", "ip link set lo up"}}
	w.trust("default")
	return w
}

func (w *wire) trust(link string) { w.addf("echo 0 > /proc/sys/net/ipv6/conf/%s/accept_dad", link) }

// toPods leads to the pods of the node.
func (w *wire) toPods(index int) {
	addresses := nodeAddresses(index)
	for family, net := range nodePodNets(index) {
		w.addf("ip route add %s via %s", net, addresses[family])
	}
}

func (w *wire) addf(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

func (w *wire) script() string { return strings.Join(w.lines, "\n") + "\n" }

// controlPlaneWiring makes the control plane's network with a port for each node. The ports' other ends are
// put into the networks of the nodes' first processes.
func controlPlaneWiring(nodes []int) string {
	w := newWire()
	w.addf("ip link add br0 type bridge")
	for family, address := range controlPlaneAddresses() {
		w.addf("ip address add %s/%d dev br0", address, machineNets[family].Bits())
	}
	w.addf("ip link set br0 up")
	for i, pid := range nodes {
		w.addf("ip link add port-%d type veth peer name eth0 netns %d", i, pid)
		w.addf("ip link set port-%d master br0 up", i)
		// The API server reaches pods, and so webhooks, without any kube-proxy.
		w.toPods(i)
	}
	return w.script()
}

// nodeWiring makes a node's network, with routes to the other nodes' pods.
func nodeWiring(index, nodes int) string {
	w := newWire()
	w.trust("eth0")
	for family, address := range nodeAddresses(index) {
		w.addf("ip address add %s/%d dev eth0", address, machineNets[family].Bits())
	}
	w.addf("ip link set eth0 up")
	for _, address := range controlPlaneAddresses() {
		w.addf("ip route add default via %s", address)
	}
	for i := range nodes {
		if i != index {
			w.toPods(i)
		}
	}
	w.addf("echo 1 > /proc/sys/net/ipv4/ip_forward")
	w.addf("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
	return w.script()
}

// runWiring runs the script with the programs of the host: only the network is the machine's.
func runWiring(ctx context.Context, m *machine.Machine, name, script string) error {
	shell := exec.CommandContext(ctx, "sh")
	shell.Stdin = strings.NewReader(script)
	var output bytes.Buffer
	shell.Stdout, shell.Stderr = &output, &output
	err := m.StartInNetwork(shell)
	if err == nil {
		err = shell.Wait()
	}
	if err != nil {
		return fmt.Errorf("wire the network of machine %s: %w\n%s", name, err, tail(output.Bytes()))
	}
	return nil
}
