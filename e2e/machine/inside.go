package machine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// RunInit is a machine's first process. It must run on the program's main thread, because /proc/1 shows
// that thread's namespaces. It returns when its maker is gone, which ends the machine.
func RunInit() error {
	orders := bufio.NewReader(os.Stdin)
	line, err := orders.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the machine's spec: %w", err)
	}
	var s spec
	if err := json.Unmarshal(line, &s); err != nil {
		return fmt.Errorf("decode the machine's spec: %w", err)
	}
	if err := furnish(s); err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString(ready); err != nil {
		return fmt.Errorf("say that the machine is ready: %w", err)
	}
	go reap()
	order, _ := orders.ReadString('\n')
	if order != release {
		return nil
	}
	select {}
}

// furnish makes the namespaces, which so far are copies of the host's, the machine's own.
func furnish(s spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Sethostname([]byte(s.Hostname)); err != nil {
		return fmt.Errorf("set host name %s: %w", s.Hostname, err)
	}
	for _, h := range s.Hierarchies {
		if err := join(filepath.Join(h.Path, s.Folder)); err != nil {
			return err
		}
	}
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("unshare the cgroup namespace: %w", err)
	}
	if err := mountCgroups(s.Hierarchies); err != nil {
		return err
	}
	for _, h := range s.Hierarchies {
		if h.Unified() {
			if err := joinNew(filepath.Join(h.Path, s.Leaf)); err != nil {
				return err
			}
		}
	}
	for _, m := range s.Mounts {
		if err := m.mount(); err != nil {
			return err
		}
	}
	// Kubelets pass mounts on between pods and machine, which takes shared ones; shared within the machine.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("share mounts within the machine: %w", err)
	}
	return nil
}

// mountCgroups replaces the host's view of the hierarchies by one whose root is the machine's folder.
func mountCgroups(hierarchies []Hierarchy) error {
	const root = "/sys/fs/cgroup"
	if err := unix.Unmount(root, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("detach the host's %s: %w", root, err)
	}
	if len(hierarchies) > 1 {
		m := Mount{Source: "cgroup", Target: root, Type: "tmpfs", Data: "mode=755"}
		if err := m.mount(); err != nil {
			return err
		}
	}
	for _, h := range hierarchies {
		m := Mount{Source: "cgroup", Target: h.Path, Type: "cgroup", Data: h.Options}
		if h.Unified() {
			m.Type = "cgroup2"
		}
		if err := m.mount(); err != nil {
			return err
		}
	}
	return nil
}

func (m Mount) mount() error {
	flags := uintptr(0)
	if m.Type == "" {
		flags = unix.MS_BIND | unix.MS_REC
	}
	err := makeTarget(m)
	if err == nil {
		err = unix.Mount(m.Source, m.Target, m.Type, flags, m.Data)
	}
	if err != nil {
		return fmt.Errorf("mount %s on %s: %w", m.Source, m.Target, err)
	}
	return nil
}

// makeTarget creates the folder to mount on. A file to mount on must exist: only /proc has such.
func makeTarget(m Mount) error {
	if m.Type == "" {
		source, err := os.Stat(m.Source)
		if err != nil || !source.IsDir() {
			return err
		}
	}
	return os.MkdirAll(m.Target, 0o755)
}

func joinNew(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create cgroup folder %s: %w", dir, err)
	}
	return join(dir)
}

// join moves this process into a cgroup folder.
func join(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0); err != nil {
		return fmt.Errorf("join cgroup folder %s: %w", dir, err)
	}
	return nil
}

// reap buries the orphans that end up with a machine's first process, such as the shims of containers.
func reap() {
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	for range children {
		for {
			pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
			if pid <= 0 && !errors.Is(err, unix.EINTR) {
				break
			}
		}
	}
}

// RunEnter joins the machine's cgroups from within its other namespaces, then becomes the program that
// argv names. It must run on the main thread, whose namespaces the program inherits.
func RunEnter(folders string, argv []string) error {
	for dir := range strings.SplitSeq(folders, ",") {
		if err := join(dir); err != nil {
			return err
		}
	}
	// Only now: from inside the namespace, a process outside of it could not be moved.
	ns, err := os.Open("/proc/1/ns/cgroup")
	if err != nil {
		return fmt.Errorf("open the machine's cgroup namespace: %w", err)
	}
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("enter the machine's cgroup namespace: %w", err)
	}
	program, err := exec.LookPath(argv[0])
	if err != nil {
		return fmt.Errorf("find program: %w", err)
	}
	// #nosec G204: running what the developer asked for is the purpose.
	return fmt.Errorf("run %s: %w", program, syscall.Exec(program, argv, os.Environ()))
}
