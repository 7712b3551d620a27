package cluster

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// Node is one machine of the cluster.
type Node struct {
	*machine.Machine

	// Name is the node's name in Kubernetes.
	Name string
	// IPs are its addresses, PodNets those of its pods: one a family, IPv4 first.
	IPs     []netip.Addr
	PodNets []netip.Prefix

	index int
}

// Exec runs a program of the host on the node, in all its namespaces and its cgroup, and returns what it
// wrote. The error carries what it complained about.
func (n *Node) Exec(ctx context.Context, argv ...string) (stdout string, err error) {
	return n.ExecInput(ctx, nil, argv...)
}

// ExecInput is [Node.Exec] with standard input.
func (n *Node) ExecInput(ctx context.Context, stdin []byte, argv ...string) (stdout string, err error) {
	cmd := n.Command(ctx, argv...)
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &complaints
	if err := n.Run(cmd); err != nil {
		return out.String(), fmt.Errorf("run %q on %s: %w\n%s", argv, n.Name, err, tail(complaints.Bytes()))
	}
	return out.String(), nil
}

// startRuntime starts the node's containerd and loads the image that every pod needs.
func (c *Cluster) startRuntime(ctx context.Context, n *Node) error {
	settings := nodeSettings{
		Name: n.Name, PodNets: n.PodNets, CNIBin: c.programs.CNI,
		Proxy: c.config.proxyOf(n.index), DNS: c.config.DNS,
	}
	files, err := settings.render()
	if err != nil {
		return err
	}
	for file, content := range files {
		if err := c.writeVar(n.Name, file, content); err != nil {
			return err
		}
	}
	// containerd finds its shim, and that runc, by the path.
	search := "PATH=" + c.programs.Containerd + ":" + systemPath
	err = c.run(n, "containerd", []string{search}, c.programs.Containerd+"/containerd", "--config", "/var/lib/containerd/config.toml")
	if err != nil {
		return err
	}
	if err := c.awaitRuntime(ctx, n); err != nil {
		return err
	}
	return c.importImage(ctx, n, c.pause)
}

func (c *Cluster) awaitRuntime(ctx context.Context, n *Node) error {
	return c.step(ctx, "containerd of "+n.Name, startLimit, func(ctx context.Context) (bool, string, error) {
		_, err := n.Exec(ctx, c.ctr("version")...)
		if err != nil {
			return false, err.Error(), nil
		}
		return true, "", nil
	})
}

// systemPath is where Debian has programs; the harness may itself have been started with a shorter path.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (c *Cluster) ctr(args ...string) []string {
	return append([]string{c.programs.Containerd + "/ctr", "--address", "/run/containerd/containerd.sock", "--namespace", "k8s.io"}, args...)
}

// join makes the machine a node of the cluster.
func (c *Cluster) join(ctx context.Context, n *Node) error {
	if err := c.createNode(ctx, n); err != nil {
		return err
	}
	server, err := c.pki.ca.server("system:node:"+n.Name, []string{n.Name}, n.IPs...)
	if err != nil {
		return err
	}
	for file, content := range map[string][]byte{
		"lib/kubelet/ca.crt": c.pki.ca.pem, "lib/kubelet/server.crt": server.cert, "lib/kubelet/server.key": server.key,
	} {
		if err := c.writeVar(n.Name, file, content); err != nil {
			return err
		}
	}
	if err := c.writeKubeconfig(n.Name, "lib/kubelet/kubeconfig", "system:node:"+n.Name, "system:nodes"); err != nil {
		return err
	}
	args := append([]string{
		"--config=/var/lib/kubelet/config.yaml", "--kubeconfig=/var/lib/kubelet/kubeconfig",
		"--hostname-override=" + n.Name, "--node-ip=" + commas(n.IPs),
	}, c.config.KubeletArgs...)
	if err := c.run(n, "kubelet", []string{"PATH=" + systemPath}, c.kubernetes("kubelet"), args...); err != nil {
		return err
	}
	if c.config.proxyOf(n.index) == ProxyNone {
		return nil
	}
	if err := c.writeKubeconfig(n.Name, "lib/kube-proxy/kubeconfig", "system:kube-proxy"); err != nil {
		return err
	}
	return c.run(n, "kube-proxy", []string{"PATH=" + systemPath}, c.kubernetes("kube-proxy"), "--config=/var/lib/kube-proxy/config.yaml")
}

// createNode tells Kubernetes of the node before the kubelet does, because the pods' addresses, which
// only can be set now, are those that the machines were wired for.
func (c *Cluster) createNode(ctx context.Context, n *Node) error {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:   n.Name,
			Labels: map[string]string{corev1.LabelHostname: n.Name, corev1.LabelOSStable: "linux"},
		},
	}
	for _, net := range n.PodNets {
		node.Spec.PodCIDRs = append(node.Spec.PodCIDRs, net.String())
	}
	node.Spec.PodCIDR = node.Spec.PodCIDRs[0]
	if _, err := c.clients.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create node %s: %w", n.Name, err)
	}
	return nil
}

// awaitNodes waits until every node can run pods, and pods can be made.
func (c *Cluster) awaitNodes(ctx context.Context) error {
	err := c.step(ctx, "the nodes to be ready", startLimit, func(ctx context.Context) (bool, string, error) {
		nodes, err := c.clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err.Error(), nil
		}
		for _, node := range nodes.Items {
			if ready, why := nodeReady(&node); !ready {
				return false, node.Name + ": " + why, nil
			}
		}
		return true, "", nil
	})
	if err != nil {
		return err
	}
	return c.step(ctx, "the default service account", startLimit, func(ctx context.Context) (bool, string, error) {
		_, err := c.clients.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		if err != nil {
			return false, err.Error(), nil
		}
		return true, "", nil
	})
}

// nodeReady says whether pods can run on the node: it is ready and the taint that it starts with has gone.
func nodeReady(node *corev1.Node) (ready bool, why string) {
	why = "the kubelet has not reported yet"
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			ready, why = condition.Status == corev1.ConditionTrue, condition.Message
		}
	}
	if ready && len(node.Spec.Taints) > 0 {
		return false, "tainted " + node.Spec.Taints[0].Key
	}
	return ready, why
}
