package ebpf_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// The tests run in a process of their own: in a new network namespace, so that
// they may listen and bring loopback up as they like; in a new mount namespace,
// where a BPF file system is mounted that goes with it and takes every pin along;
// and below a cgroup of its own, which is the root that they attach to. Nothing
// is left behind even if they are killed, but for an empty cgroup.
const inside = "INSHORE_EBPF_TEST_CGROUP"

// settled says that the namespaces are habitable.
const settled = "INSHORE_EBPF_TEST_SETTLED"

// cgroupRoot is what the tests attach to; they themselves are below it.
var cgroupRoot string

func TestMain(m *testing.M) {
	cgroupRoot = os.Getenv(inside)
	run := m.Run
	if cgroupRoot == "" {
		run = again
	} else if os.Getenv(settled) != "" {
		// A helper of a test that runs inside: all is there.
	} else if err := settle(); err != nil {
		run = func() int { return fail(err) }
	}
	os.Exit(run())
}

func fail(err error) int {
	fmt.Fprintf(os.Stderr, "these tests need root, Linux 5.10 and cgroup v2: %v\n", err)
	return 1
}

// again runs this test binary again, inside.
func again() int {
	root, err := cgroup2()
	if err != nil {
		return fail(err)
	}
	outer, err := os.MkdirTemp(root, "inshore-ebpf-test-")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(outer)
	inner := filepath.Join(outer, "tests")
	if err := os.Mkdir(inner, 0o755); err != nil {
		return fail(err)
	}
	defer os.Remove(inner)
	folder, err := os.Open(inner)
	if err != nil {
		return fail(err)
	}
	defer folder.Close()
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"="+outer)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &unix.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		UseCgroupFD: true,
		CgroupFD:    int(folder.Fd()),
		Pdeathsig:   unix.SIGKILL,
	}
	err = cmd.Run()
	if cmd.ProcessState == nil {
		return fail(err)
	}
	return cmd.ProcessState.ExitCode()
}

// cgroup2 is where the host has cgroup v2.
func cgroup2() (string, error) {
	for _, path := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var stat unix.Statfs_t
		if err := unix.Statfs(path, &stat); err == nil && stat.Type == unix.CGROUP2_SUPER_MAGIC {
			return path, nil
		}
	}
	return "", fmt.Errorf("no cgroup v2 at /sys/fs/cgroup or /sys/fs/cgroup/unified")
}

// bpffs is the tests' own BPF file system.
const bpffs = "/sys/fs/bpf"

// settle makes the namespaces habitable.
func settle() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts to ourselves: %w", err)
	}
	if err := unix.Mount("bpf", bpffs, "bpf", 0, "mode=0700"); err != nil {
		return fmt.Errorf("mounting a BPF file system: %w", err)
	}
	return loopbackUp()
}

// loopbackUp brings loopback up in the network namespace of this thread.
func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("bringing loopback up: %w", err)
	}
	return nil
}
