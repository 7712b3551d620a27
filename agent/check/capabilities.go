package check

import (
	"fmt"
	"strconv"
	"strings"
)

// The bits of include/uapi/linux/capability.h. CAP_BPF came with 5.8; until
// then, and ever since, CAP_SYS_ADMIN stands for both of the others.
const (
	capNetAdmin = 12
	capSysAdmin = 21
	capBPF      = 39
)

// capability judges one bit of the effective set.
func capability(effective uint64, bit int, name string) Fact {
	fact := Fact{Name: name}
	switch {
	case effective&(1<<bit) != 0:
		fact.Value = "effective"
	case effective&(1<<capSysAdmin) != 0:
		fact.Value = "by way of CAP_SYS_ADMIN"
	default:
		fact.Problem = "missing"
		fact.Remedy = "run as root, or add it to securityContext.capabilities"
	}
	return fact
}

// effectiveCapabilities reads the line CapEff of /proc/<pid>/status.
func effectiveCapabilities(status string) (uint64, error) {
	for line := range strings.Lines(status) {
		value, found := strings.CutPrefix(line, "CapEff:")
		if !found {
			continue
		}
		set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			return 0, fmt.Errorf("reading CapEff: %w", err)
		}
		return set, nil
	}
	return 0, fmt.Errorf("there is no line CapEff")
}
