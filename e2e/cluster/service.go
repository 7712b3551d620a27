package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// stopGrace is how long a service may take to end once it is asked to.
const stopGrace = 10 * time.Second

// service is one long-running program on a machine, with its output in a file of the host.
type service struct {
	name string
	// node is the name of its machine.
	node    string
	machine *machine.Machine
	log     string
	argv    []string
	env     []string
	files   []*os.File

	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// start starts the program, for the first time or again.
func (s *service) start() error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open the log of %s on %s: %w", s.name, s.node, err)
	}
	defer log.Close()
	// Not the caller's context: a service ends when it is stopped, or with its machine.
	cmd := s.machine.Command(context.Background(), s.argv...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = s.files
	cmd.Env = append(os.Environ(), s.env...)
	if err := s.machine.Start(cmd); err != nil {
		return fmt.Errorf("start %s on %s: %w", s.name, s.node, err)
	}
	done := make(chan struct{})
	s.cmd, s.done = cmd, done
	go func() {
		s.err = cmd.Wait()
		close(done)
	}()
	return nil
}

// failed reports a service that has ended, with the end of its log.
func (s *service) failed() error {
	select {
	case <-s.done:
	default:
		return nil
	}
	log, err := os.ReadFile(s.log)
	if err != nil {
		return fmt.Errorf("%s ended (%v), and its log cannot be read: %w", s.name, s.err, err)
	}
	return fmt.Errorf("%s ended: %v; the end of its log:\n%s", s.name, s.err, tail(log))
}

// stop ends the service, at first politely.
func (s *service) stop(ctx context.Context) error {
	if err := unix.Kill(s.cmd.Process.Pid, unix.SIGTERM); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("stop %s on %s: %w", s.name, s.node, err)
	}
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	case <-time.After(stopGrace):
	}
	_ = unix.Kill(-s.cmd.Process.Pid, unix.SIGKILL)
	<-s.done
	return context.Cause(ctx)
}

// run starts a service on a machine, from then on part of the cluster.
func (c *Cluster) run(n *Node, name string, env []string, program string, args ...string) error {
	return c.runService(&service{
		name: name, node: n.Name, machine: n.Machine, env: env,
		argv: append([]string{program}, args...),
		log:  filepath.Join(c.machineLogs(n.Name), name+".log"),
	})
}

func (c *Cluster) runService(s *service) error {
	if err := s.start(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.services = append(c.services, s)
	return nil
}

// Err reports whether a component has ended that should be running.
func (c *Cluster) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.services {
		if err := s.failed(); err != nil {
			return err
		}
	}
	return nil
}

// find returns the place of a component in c.services, whose lock the caller holds.
func (c *Cluster) find(n *Node, component string) (int, error) {
	i := slices.IndexFunc(c.services, func(s *service) bool { return s.node == n.Name && s.name == component && s.files == nil })
	if i < 0 {
		return i, fmt.Errorf("%s runs no %s that this process started", n.Name, component)
	}
	return i, nil
}

// kill ends the service without letting it say goodbye.
func (s *service) kill(context.Context) error {
	if err := unix.Kill(-s.cmd.Process.Pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill %s on %s: %w", s.name, s.node, err)
	}
	<-s.done
	return nil
}
