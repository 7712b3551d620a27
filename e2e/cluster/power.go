package cluster

import (
	"context"
	"errors"
	"slices"
)

// CutPower ends everything that runs on all machines, pods too, at once and
// without a word, as when a building loses its power. What was written stays. The
// returned function starts the components again; pods are the kubelets' to start.
func (c *Cluster) CutPower(ctx context.Context) (restore func() error, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var stopped, door []*service
	for _, s := range c.services {
		if s.files != nil {
			// The host's way in is not part of what loses power.
			door = append(door, s)
			continue
		}
		stopped = append(stopped, s)
	}
	// The nodes first: a kubelet that lived on would tell the API server of pods
	// that ended.
	for _, s := range slices.Backward(stopped) {
		err = errors.Join(err, s.kill(ctx))
	}
	for _, n := range c.nodes {
		// Whatever containers are left. The signal goes to the process namespace of
		// the machine, but for its first process and the shell that sends it.
		_, failed := n.Exec(ctx, "sh", "-c", `case $(readlink /proc/1/exe) in */labinit) kill -KILL -1 ;; *) exit 1 ;; esac`)
		err = errors.Join(err, failed)
	}
	c.services = door
	if err != nil {
		return nil, err
	}
	return func() error { return c.restore(ctx, stopped) }, nil
}

// restore starts services again. A kubelet ends if there is no container runtime,
// and nobody here would start it again.
func (c *Cluster) restore(ctx context.Context, services []*service) error {
	var kubelets []*service
	for _, s := range services {
		if s.name == "kubelet" {
			kubelets = append(kubelets, s)
			continue
		}
		if err := c.runService(s); err != nil {
			return err
		}
	}
	for _, n := range c.nodes {
		if err := c.awaitRuntime(ctx, n); err != nil {
			return err
		}
	}
	for _, s := range kubelets {
		if err := c.runService(s); err != nil {
			return err
		}
	}
	return nil
}
