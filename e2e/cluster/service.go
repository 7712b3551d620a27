package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// service is one long-running program on a machine, with its output in a file.
type service struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// startService starts a program whose log is kept in the folder logs of the host.
func startService(m *machine.Machine, logs, name string, env []string, files []*os.File, argv ...string) (*service, error) {
	s := &service{name: name, log: filepath.Join(logs, name+".log"), done: make(chan struct{})}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	defer log.Close()
	// Not the caller's context: a service ends when it is stopped, or with its machine.
	s.cmd = m.Command(context.Background(), argv...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.ExtraFiles = files
	s.cmd.Env = append(os.Environ(), env...)
	if err := m.Start(s.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	return s, nil
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
func (s *service) stop(ctx context.Context, grace time.Duration) error {
	if err := unix.Kill(s.cmd.Process.Pid, unix.SIGTERM); err != nil && err != unix.ESRCH {
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	case <-time.After(grace):
	}
	_ = unix.Kill(-s.cmd.Process.Pid, unix.SIGKILL)
	<-s.done
	return context.Cause(ctx)
}
