package machine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"syscall"

	"golang.org/x/sys/unix"
)

// Options say what a machine is to be like.
type Options struct {
	// Hostname is the name it knows itself by.
	Hostname string
	// Init is the path of the program e2e/cmd/labinit.
	Init string
	// Folder is the machine's cgroup folder, relative to the root of each of the host's hierarchies.
	Folder string
	// Hierarchies are the host's, see [Hierarchies].
	Hierarchies []Hierarchy
	// Mounts are made in order, after the machine's own view of its cgroups.
	Mounts []Mount
}

// leaf is where a machine's own processes run below its cgroup folder: version 2 of cgroups allows
// processes only in folders without children, and containers get folders beside this one.
const leaf = "system"

// Boot starts a machine. It ends when this process does, however that comes about, unless [Machine.Release]
// is called.
func Boot(ctx context.Context, o Options) (*Machine, error) {
	if err := makeFolders(o.Hierarchies, o.Folder); err != nil {
		return nil, err
	}
	orders, err := json.Marshal(spec{
		Hostname: o.Hostname, Hierarchies: o.Hierarchies, Folder: o.Folder, Leaf: leaf, Mounts: o.Mounts,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the spec of machine %s: %w", o.Hostname, err)
	}

	var complaints bytes.Buffer
	first := exec.Command(o.Init, "init")
	first.Stderr = &complaints
	first.Env = []string{"PATH=" + os.Getenv("PATH")}
	first.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		// Its own session: a Ctrl-C at the terminal is for the program that takes the machines down in order.
		Setsid: true,
	}
	lifeline, err := first.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("make the lifeline of machine %s: %w", o.Hostname, err)
	}
	answers, err := first.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make the answer pipe of machine %s: %w", o.Hostname, err)
	}
	if err := first.Start(); err != nil {
		return nil, fmt.Errorf("start the first process of machine %s: %w", o.Hostname, err)
	}

	stop := context.AfterFunc(ctx, func() { _ = first.Process.Kill() })
	defer stop()
	_, err = lifeline.Write(append(orders, '\n'))
	if err == nil {
		var answer string
		if answer, err = bufio.NewReader(answers).ReadString('\n'); err == nil && answer != ready {
			err = fmt.Errorf("unexpected answer %q", answer)
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = first.Process.Kill()
		_ = first.Wait()
		return nil, fmt.Errorf("boot machine %s: %w", o.Hostname, errors.Join(context.Cause(ctx), err, said(&complaints)))
	}
	go func() { _ = first.Wait() }()

	identity, err := Identify(first.Process.Pid)
	if err != nil {
		return nil, fmt.Errorf("boot machine %s: %w", o.Hostname, err)
	}
	m := Attach(identity, o)
	m.lifeline = lifeline
	return m, nil
}

func said(complaints *bytes.Buffer) error {
	if complaints.Len() == 0 {
		return nil
	}
	return errors.New(string(bytes.TrimSpace(complaints.Bytes())))
}

// Attach returns the running machine that has the given first process and was booted with the options.
func Attach(first Process, o Options) *Machine {
	m := &Machine{first: first, init: o.Init, hierarchies: o.Hierarchies, folder: o.Folder}
	for _, h := range o.Hierarchies {
		if h.Unified() {
			m.cgroup = path.Join(h.Path, o.Folder)
			m.join = append(m.join, path.Join(h.Path, leaf))
		} else {
			m.join = append(m.join, h.Path)
		}
	}
	return m
}

// Halt kills everything on the machine and removes its cgroup folders.
func (m *Machine) Halt() error {
	if err := m.first.Kill(); err != nil {
		return err
	}
	if m.lifeline != nil {
		_ = m.lifeline.Close()
	}
	return RemoveFolders(m.hierarchies, m.folder)
}

// Release makes the machine outlive this process.
func (m *Machine) Release() error {
	if m.lifeline == nil {
		return nil
	}
	if _, err := m.lifeline.Write([]byte(release)); err != nil {
		return fmt.Errorf("release machine: %w", err)
	}
	return nil
}
