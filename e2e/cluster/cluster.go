package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// Cluster is a running cluster.
type Cluster struct {
	config   Config
	dir      string
	progress *progress
	programs programs
	pki      *pki
	pause    []byte

	control *Node
	nodes   []*Node

	rest    *rest.Config
	clients kubernetes.Interface

	mu       sync.Mutex
	record   record
	services []*service
	stopped  bool
	// claimed says that the name is this cluster's, and not that of one which was there before.
	claimed bool
	unhook  func()
}

// Name returns the cluster's name.
func (c *Cluster) Name() string { return c.config.Name }

// Nodes returns the cluster's nodes, in the order of their numbers.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// ControlPlane returns the machine on which etcd, the API server and the controllers run. It is not a node,
// but reaches pods, and what listens on it is reached by the API server.
func (c *Cluster) ControlPlane() *Node { return c.control }

// Kubeconfig returns the path of a kubeconfig for an administrator on the host.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.dir, "kubeconfig") }

// APIEndpoint returns the URL by which the cluster's machines and pods reach the API server without the help of
// any Service.
func (c *Cluster) APIEndpoint() string { return "https://" + apiEndpoint() }

// RESTConfig returns a client configuration for an administrator. Each caller gets a copy.
func (c *Cluster) RESTConfig() *rest.Config { return rest.CopyConfig(c.rest) }

// Client returns a client for an administrator.
func (c *Cluster) Client() kubernetes.Interface { return c.clients }

// Stop takes the cluster down and removes everything that was made for it. It may be called more than once.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil
	}
	if c.claimed {
		if err := c.takeDown(); err != nil {
			return err
		}
	}
	c.stopped = true
	c.giveSignalsBack()
	return nil
}

func (c *Cluster) takeDown() error {
	unlock, err := lockStates(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	return c.progress.during("taking down cluster "+c.config.Name, func() error { return remove(c.config.Name) })
}

func (c *Cluster) giveSignalsBack() {
	if c.unhook != nil {
		c.unhook()
		c.unhook = nil
	}
}

// Keep makes the cluster outlive this process. Another one takes it down, with [Down].
func (c *Cluster) Keep() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Written first: a machine that runs on its own must never be without a record that says so.
	c.record.Kept = true
	if err := c.record.save(); err != nil {
		return err
	}
	var failed error
	for _, n := range append([]*Node{c.control}, c.nodes...) {
		failed = errors.Join(failed, n.Release())
	}
	c.giveSignalsBack()
	return failed
}

// options are those that the machine of the name is booted with, or was.
func (r record) options(name string, mounts []machine.Mount) machine.Options {
	return machine.Options{
		Hostname: name, Init: r.Programs.Labinit, Folder: cgroupFolder(r.Name, name),
		Hierarchies: r.Hierarchies, Mounts: mounts,
	}
}

// newNode returns what is known of a machine before it runs: the one with index -1 is the control plane.
func newNode(index int) *Node {
	if index < 0 {
		return &Node{Name: controlPlaneName, IPs: controlPlaneAddresses(), index: index}
	}
	return &Node{Name: nodeName(index), IPs: nodeAddresses(index), PodNets: nodePodNets(index), index: index}
}

func (c *Cluster) kubernetes(program string) string {
	return filepath.Join(c.programs.Kubernetes, program)
}

func readMountinfo() (string, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("read the host's mounts: %w", err)
	}
	return string(text), nil
}
