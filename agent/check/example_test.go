package check_test

import (
	"os"
	"testing/fstest"

	"github.com/inshore-dev/inshore/agent/check"
)

func ExampleNode() {
	proc := fstest.MapFS{ // os.DirFS("/proc") on a node.
		"sys/kernel/osrelease": {Data: []byte("5.4.0-150-generic")},
		"self/mountinfo":       {Data: []byte("30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw")},
		"self/status":          {Data: []byte("CapEff:\t000001ffffffffff")},
	}
	report, err := check.Node(proc)
	if err != nil {
		panic(err)
	}
	if err := report.WriteText(os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// no  kernel           5.4.0-150-generic: older than 5.10 (use a newer node image)
	// ok  cgroup v2        /sys/fs/cgroup
	// no  BPF file system  not mounted (mount -t bpf bpf /sys/fs/bpf; in a pod, mount the node's /sys/fs/bpf)
	// ok  CAP_BPF          effective
	// ok  CAP_NET_ADMIN    effective
}
