package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// kubeletSysctls are the kernel settings that a kubelet insists on. They are the whole host's, so instead of
// letting it change them each machine shows files that already say what the kubelet wants to read.
var kubeletSysctls = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// machineDir is where the host keeps a machine's /var and the like.
func (c *Cluster) machineDir(name string) string {
	return filepath.Join(c.dir, "machines", name)
}

// machineLogs is the folder of the host that is the machine's /var/log.
func (c *Cluster) machineLogs(name string) string {
	return filepath.Join(c.machineDir(name), "var", "log")
}

// writeVar writes a file that the machine will see below /var.
func (c *Cluster) writeVar(name, file string, content []byte) error {
	target := filepath.Join(c.machineDir(name), "var", file)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("create the folder of %s: %w", target, err)
	}
	mode := os.FileMode(0o600)
	if file == podnetFile {
		mode = 0o700
	}
	if err := os.WriteFile(target, content, mode); err != nil {
		return fmt.Errorf("write %s of machine %s: %w", file, name, err)
	}
	return nil
}

// prepareMachine creates a machine's own /var and returns what is to be mounted on it.
func (c *Cluster) prepareMachine(name string) ([]machine.Mount, error) {
	root := c.machineDir(name)
	for _, dir := range []string{"var/lib", "var/log", "var/tmp", "sysctl"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return nil, fmt.Errorf("create the folders of machine %s: %w", name, err)
		}
	}
	if err := os.Symlink("/run", filepath.Join(root, "var/run")); err != nil {
		return nil, fmt.Errorf("link /var/run of machine %s: %w", name, err)
	}
	mounts := []machine.Mount{{Source: "proc", Target: "/proc", Type: "proc"}}
	for setting, value := range kubeletSysctls {
		file := filepath.Join(root, "sysctl", strings.ReplaceAll(setting, "/", "."))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return nil, fmt.Errorf("write the settings of machine %s: %w", name, err)
		}
		mounts = append(mounts, machine.Mount{Source: file, Target: "/proc/sys/" + setting})
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	if below, ok := strings.CutPrefix(cache, "/var/"); ok {
		// The machine's own /var would hide the programs it is to run.
		mounts = append(mounts, machine.Mount{Source: cache, Target: filepath.Join(root, "var", below)})
	}
	return append(mounts,
		machine.Mount{Source: filepath.Join(root, "var"), Target: "/var"},
		machine.Mount{Source: "tmpfs", Target: "/run", Type: "tmpfs", Data: "mode=755"},
		machine.Mount{Source: "bpf", Target: "/sys/fs/bpf", Type: "bpf"},
	), nil
}
