package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// StopComponent ends a component, such as kube-proxy on a node or kube-apiserver on the control plane. What
// it put into the kernel stays. The returned function starts it again, on the same data.
func (c *Cluster) StopComponent(ctx context.Context, n *Node, component string) (restart func() error, err error) {
	return c.endComponent(ctx, n, component, (*service).stop)
}

// KillComponent is [Cluster.StopComponent] by SIGKILL: clients see their connections break.
func (c *Cluster) KillComponent(ctx context.Context, n *Node, component string) (restart func() error, err error) {
	return c.endComponent(ctx, n, component, (*service).kill)
}

func (c *Cluster) endComponent(ctx context.Context, n *Node, component string, end func(*service, context.Context) error) (func() error, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.find(n, component)
	if err != nil {
		return nil, err
	}
	s := c.services[i]
	if err := end(s, ctx); err != nil {
		return nil, err
	}
	c.services = slices.Delete(c.services, i, i+1)
	return func() error { return c.runService(s) }, nil
}

// PauseComponent freezes a component: it keeps its connections and answers nobody, as if its machine hung.
// The returned function lets it go on.
func (c *Cluster) PauseComponent(n *Node, component string) (resume func() error, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.find(n, component)
	if err != nil {
		return nil, err
	}
	s := c.services[i]
	signal := func(number unix.Signal) error {
		if err := unix.Kill(-s.cmd.Process.Pid, number); err != nil {
			return fmt.Errorf("send %s to %s on %s: %w", unix.SignalName(number), component, n.Name, err)
		}
		return nil
	}
	return func() error { return signal(unix.SIGCONT) }, signal(unix.SIGSTOP)
}

// RemoveProxy ends kube-proxy on a node and removes every rule of its: Services lead nowhere from there,
// but for what others do. The returned function starts it again.
func (c *Cluster) RemoveProxy(ctx context.Context, n *Node) (restore func() error, err error) {
	restore, err = c.StopComponent(ctx, n, "kube-proxy")
	if err != nil {
		return nil, err
	}
	_, err = n.Exec(ctx, c.kubernetes("kube-proxy"), "--cleanup", "--config=/var/lib/kube-proxy/config.yaml")
	if err != nil {
		return nil, errors.Join(err, restore())
	}
	return restore, nil
}
