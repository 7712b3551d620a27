package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// hostPrograms are what the harness and the components run, with the Debian packages that have them.
var hostPrograms = map[string]string{
	"ip":       "iproute2",
	"nft":      "nftables",
	"iptables": "iptables",
	"runc":     "runc",
}

// hostFeatures are what the kernel must have, by a file that shows it.
var hostFeatures = map[string]string{
	"/proc/self/ns/cgroup":          "cgroup namespaces",
	"/proc/self/ns/pid":             "PID namespaces",
	"/proc/self/ns/net":             "network namespaces",
	"/proc/sys/net/ipv4/ip_forward": "IPv4",
	"/dev/kmsg":                     "its log at /dev/kmsg, which kubelets read (pass the device into a container)",
}

// fileSystems must be known to the kernel: containers live on the first, pinned eBPF objects on the second.
var fileSystems = []string{"overlay", "bpf", "tmpfs", "cgroup2"}

// preflight makes sure that the host can run a cluster. It installs missing packages, and otherwise says
// what to do.
func preflight(ctx context.Context, p *progress) error {
	if os.Geteuid() != 0 {
		return errors.New("a cluster needs root, for namespaces and cgroups: run as root, for instance with sudo -E")
	}
	for file, what := range hostFeatures {
		if !exists(file) {
			return fmt.Errorf("the kernel lacks %s: %s does not exist", what, file)
		}
	}
	known, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return fmt.Errorf("read the kernel's file systems: %w", err)
	}
	for _, name := range fileSystems {
		if !slices.Contains(strings.Fields(string(known)), name) {
			return fmt.Errorf("the kernel lacks the file system %s: run modprobe %s", name, name)
		}
	}
	packages := missingPackages(lookPath)
	if len(packages) == 0 {
		return nil
	}
	unlock, err := lockStates(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	step := "installing Debian packages " + strings.Join(packages, " ")
	err = p.during(step, func() error { return aptInstall(ctx, packages) })
	if err != nil {
		return fmt.Errorf("programs are missing: install them with apt-get install --no-install-recommends %s: %w",
			strings.Join(packages, " "), err)
	}
	return nil
}

// lookPath finds a program where a node will look for it, not only where this process would.
func lookPath(program string) bool {
	for _, dir := range filepath.SplitList(systemPath) {
		if exists(filepath.Join(dir, program)) {
			return true
		}
	}
	return false
}

func missingPackages(has func(program string) bool) []string {
	var packages []string
	for program, pkg := range hostPrograms {
		if !has(program) {
			packages = append(packages, pkg)
		}
	}
	slices.Sort(packages)
	return packages
}

func aptInstall(ctx context.Context, packages []string) error {
	if err := apt(ctx, "", "update", "-qq"); err != nil {
		return err
	}
	return apt(ctx, "", append([]string{"install", "-qq", "--yes", "--no-install-recommends"}, packages...)...)
}

func apt(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, tail(output.Bytes()))
	}
	return nil
}
