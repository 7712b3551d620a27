package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// readMachine tells what this is.
func readMachine() (Machine, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return Machine{}, fmt.Errorf("ask for the kernel's version: %w", err)
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return Machine{}, fmt.Errorf("ask for the size of memory: %w", err)
	}
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return Machine{}, fmt.Errorf("read the processor's name: %w", err)
	}
	load, err := readLoad()
	return Machine{
		Processor: processorName(string(cpu)), Processors: runtime.NumCPU(),
		MemoryMiB: int(info.Totalram * uint64(info.Unit) >> 20), Kernel: unix.ByteSliceToString(name.Release[:]), LoadBefore: load,
	}, err
}

func processorName(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		if field, value, _ := strings.Cut(line, ":"); strings.TrimSpace(field) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// readLoad is the load average of the last minute.
func readLoad() (float64, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, fmt.Errorf("read the load average: %w", err)
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0, fmt.Errorf("read the load average: %w", err)
	}
	return load, nil
}

// readVersions asks the API server and the programs.
func (b *bench) readVersions(ctx context.Context) error {
	server, err := b.api.Discovery().ServerVersion()
	if err != nil {
		return fmt.Errorf("ask for Kubernetes' version: %w", err)
	}
	v := &b.report.Versions
	v.Kubernetes, v.Go = server.GitVersion, runtime.Version()
	for program, into := range map[string]*string{"nft": &v.NFT, "iptables": &v.IPTables} {
		out, err := exec.CommandContext(ctx, program, "--version").Output()
		if err != nil {
			return fmt.Errorf("ask for the version of %s: %w", program, err)
		}
		*into = strings.TrimSpace(string(out))
	}
	return nil
}
