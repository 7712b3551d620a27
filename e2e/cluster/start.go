package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// Start starts a cluster and returns it when it works: the API server answers, and with nodes, pods can be
// made. If it fails, or ctx ends before, nothing is left. Ctrl-C and SIGTERM take the cluster down before they
// end the process.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	c := &Cluster{config: config, dir: stateDir(config.Name), progress: &progress{out: config.Progress}}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	started := make(chan struct{})
	defer close(started)
	c.unhook = c.stopOnSignal(giveUp, started)

	if err := c.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare cluster %s: %w", config.Name, errors.Join(err, c.Stop()))
	}
	begin := time.Now()
	if err := c.claim(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	if err := c.start(ctx); err != nil {
		if c.config.FailureLogs != "" {
			err = errors.Join(err, c.CollectLogs(c.config.FailureLogs))
		}
		return nil, fmt.Errorf("start cluster %s: %w", config.Name, errors.Join(err, c.Stop()))
	}
	c.progress.printf("cluster %s is up: %d nodes in %s", config.Name, config.Nodes, time.Since(begin).Round(100*time.Millisecond))
	return c, nil
}

// prepare makes sure of everything that clusters share: the host's programs and ours.
func (c *Cluster) prepare(ctx context.Context) error {
	if err := preflight(ctx, c.progress); err != nil {
		return err
	}
	mounts, err := readMountinfo()
	if err != nil {
		return err
	}
	if c.record.Hierarchies, err = machine.Hierarchies(mounts); err != nil {
		return err
	}
	if c.programs, err = buildPrograms(ctx, c.config.Nodes > 0, c.progress); err != nil {
		return err
	}
	if c.config.Nodes > 0 {
		c.pause, err = pauseArchive(ctx, c.progress)
	}
	return err
}

// claim takes the cluster's name, after removing what dead owners left.
func (c *Cluster) claim(ctx context.Context) error {
	unlock, err := lockStates(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := reap(c.progress); err != nil {
		return err
	}
	if exists(c.dir) {
		return fmt.Errorf("cluster %q exists already: take it down with go run ./e2e/cmd/lab down --name %s, "+
			"or choose another name", c.config.Name, c.config.Name)
	}
	c.claimed = true
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return fmt.Errorf("create the cluster's folder: %w", err)
	}
	owner, err := machine.Identify(os.Getpid())
	if err != nil {
		return err
	}
	c.record.Name, c.record.Owner, c.record.Mode, c.record.Programs = c.config.Name, owner, c.config.Proxy, c.programs
	for i := -1; i < c.config.Nodes; i++ {
		c.record.Machines = append(c.record.Machines, machineRecord{Name: newNode(i).Name})
	}
	return c.record.save()
}

func (c *Cluster) start(ctx context.Context) error {
	var err error
	if c.pki, err = newPKI(c.config.Name); err != nil {
		return err
	}
	if err := c.boot(ctx); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, n := range c.nodes {
		group.Go(func() error { return c.startRuntime(groupCtx, n) })
	}
	group.Go(func() error { return c.startAPIServer(groupCtx) })
	if err := group.Wait(); err != nil {
		return err
	}
	if c.config.runsControllers() {
		if err := c.startControllers(); err != nil {
			return err
		}
	}
	for _, n := range c.nodes {
		if err := c.join(ctx, n); err != nil {
			return err
		}
	}
	if !c.config.runsControllers() {
		return nil
	}
	if err := c.awaitNodes(ctx); err != nil || !c.config.DNS {
		return err
	}
	return c.startDNS(ctx)
}

// boot boots all machines and links them.
func (c *Cluster) boot(ctx context.Context) error {
	var pids []int
	for i := range c.record.Machines {
		n := newNode(i - 1)
		mounts, err := c.prepareMachine(n.Name)
		if err != nil {
			return err
		}
		if err := c.writeKubeconfig(n.Name, insideKubeconfig, "lab-admin", "system:masters"); err != nil {
			return err
		}
		if n.Machine, err = machine.Boot(ctx, c.record.options(n.Name, mounts)); err != nil {
			return err
		}
		c.record.Machines[i].First = n.First()
		if i == 0 {
			c.control = n
		} else {
			c.nodes = append(c.nodes, n)
			pids = append(pids, n.First().PID)
		}
	}
	if err := c.record.save(); err != nil {
		return err
	}
	if err := runWiring(ctx, c.control.Machine, c.control.Name, controlPlaneWiring(pids)); err != nil {
		return err
	}
	for i, n := range c.nodes {
		if err := runWiring(ctx, n.Machine, n.Name, nodeWiring(i, len(c.nodes))); err != nil {
			return err
		}
	}
	return nil
}

// connect makes the administrator's kubeconfig and clients.
func (c *Cluster) connect() error {
	server := fmt.Sprintf("https://127.0.0.1:%d", c.record.API)
	text, err := kubeconfig(c.config.Name, server, c.pki.ca, "lab-admin", "system:masters")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Kubeconfig(), text, 0o600); err != nil {
		return fmt.Errorf("write the administrator's kubeconfig: %w", err)
	}
	if err := c.record.save(); err != nil {
		return err
	}
	return c.makeClients()
}

func (c *Cluster) makeClients() error {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return fmt.Errorf("load the administrator's kubeconfig: %w", err)
	}
	// Tests wait for the cluster, never for their own client.
	config.QPS = -1
	c.rest = config
	if c.clients, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("create the administrator's client: %w", err)
	}
	return nil
}

// startLimit is for one part of a start. On a host that is busy with other things parts that take seconds
// take minutes; a component that ends is noticed at once, however long the limit.
const startLimit = 4 * time.Minute

// step waits for a part of the start, watches over the components meanwhile and tells of slowness.
func (c *Cluster) step(ctx context.Context, what string, limit time.Duration, check Check) error {
	return c.progress.during("waiting for "+what, func() error {
		return Wait(ctx, what, limit, func(ctx context.Context) (bool, string, error) {
			if err := c.Err(); err != nil {
				return false, "", err
			}
			return check(ctx)
		})
	})
}
