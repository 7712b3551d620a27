package check

import (
	"fmt"
	"strings"
)

// oldestKernel is the oldest that the eBPF datapath supports: 5.10 has
// getpeername4/6 and sock_release hooks, bpf_links for cgroups, and CAP_BPF
// (all between 5.7 and 5.10).
var oldestKernel = [2]int{5, 10}

// kernel judges /proc/sys/kernel/osrelease, for example "6.1.0-21-amd64".
func kernel(release string) Fact {
	release = strings.TrimSpace(release)
	fact := Fact{Name: "kernel", Value: release}
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		fact.Problem = "the release does not begin with a version"
		return fact
	}
	if major < oldestKernel[0] || (major == oldestKernel[0] && minor < oldestKernel[1]) {
		fact.Problem = fmt.Sprintf("older than %d.%d", oldestKernel[0], oldestKernel[1])
		fact.Remedy = "use a newer node image"
	}
	return fact
}
