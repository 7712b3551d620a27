package scale

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// resident is the memory of a process that is in RAM, in KiB.
type resident struct {
	// total is what VmRSS says; peak the most that it was.
	total, peak int
	// anonymous is the process's own: heap, stacks and changed data. file are
	// pages of the program that it has touched: the kernel shares them among all
	// processes of the program, and can drop them, but counts them as resident.
	anonymous, file int
	// proportional is the total, with what is shared divided by its sharers.
	proportional int
}

// readResident reads what the kernel says of a process (proc_pid_status(5),
// smaps_rollup since Linux 4.14).
func readResident(pid int) (resident, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return resident{}, fmt.Errorf("reading a process's memory: %w", err)
	}
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return resident{}, fmt.Errorf("reading a process's memory: %w", err)
	}
	return parseResident(string(status), string(rollup))
}

func parseResident(status, rollup string) (resident, error) {
	var r resident
	fields := map[string]*int{
		"VmRSS": &r.total, "VmHWM": &r.peak, "RssAnon": &r.anonymous, "RssFile": &r.file, "Pss": &r.proportional,
	}
	for line := range strings.Lines(status + "\n" + rollup) {
		name, value, _ := strings.Cut(line, ":")
		into, wanted := fields[name]
		if !wanted {
			continue
		}
		kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		if err != nil {
			return resident{}, fmt.Errorf("reading a process's memory: %s is %q: %w", name, value, err)
		}
		*into = kib
		delete(fields, name)
	}
	if len(fields) > 0 {
		return resident{}, fmt.Errorf("reading a process's memory: the kernel does not tell %v", fields)
	}
	return r, nil
}

// String is in MiB.
func (r resident) String() string {
	mib := func(kib int) float64 { return float64(kib) / 1024 }
	return fmt.Sprintf("RSS %.1f MiB (own %.1f, program %.1f), PSS %.1f, peak %.1f",
		mib(r.total), mib(r.anonymous), mib(r.file), mib(r.proportional), mib(r.peak))
}
