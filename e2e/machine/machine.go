package machine

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// killGrace is how long a command may take to end after it was killed before its output is given up.
const killGrace = 5 * time.Second

// Machine is a running machine.
type Machine struct {
	first       Process
	init        string
	hierarchies []Hierarchy
	folder      string
	cgroup      string
	join        []string
	lifeline    io.WriteCloser
}

// First returns the machine's first process as the host sees it.
func (m *Machine) First() Process { return m.first }

// CgroupPath returns the machine's cgroup version 2 folder as the host sees it. Every process of the
// machine is in it or below.
func (m *Machine) CgroupPath() string { return m.cgroup }

// NetNS returns a path to the machine's network namespace, for as long as it runs.
func (m *Machine) NetNS() string { return m.namespace("net") }

func (m *Machine) namespace(kind string) string {
	return fmt.Sprintf("/proc/%d/ns/%s", m.first.PID, kind)
}

// Command prepares a command that will run on the machine once [Machine.Start] starts it: in all its
// namespaces and in its cgroup. When ctx ends, the command and its children are killed.
func (m *Machine) Command(ctx context.Context, argv ...string) *exec.Cmd {
	args := append([]string{"enter", strings.Join(m.join, ","), "--"}, argv...)
	cmd := exec.CommandContext(ctx, m.init, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = killGrace
	return cmd
}

// Start starts a command that [Machine.Command] prepared.
func (m *Machine) Start(cmd *exec.Cmd) error {
	return m.within(func() error { return cmd.Start() }, "mnt", "net", "uts", "ipc", "pid")
}

// Run starts a command that [Machine.Command] prepared and waits for it.
func (m *Machine) Run(cmd *exec.Cmd) error {
	if err := m.Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// StartInNetwork starts any command of the host's with only the machine's network namespace around it.
func (m *Machine) StartInNetwork(cmd *exec.Cmd) error {
	return m.within(func() error { return cmd.Start() }, "net")
}

// ReadFile reads a file as the machine sees it.
func (m *Machine) ReadFile(name string) (content []byte, err error) {
	err = m.within(func() error {
		content, err = os.ReadFile(name)
		return err
	}, "mnt")
	return content, err
}
