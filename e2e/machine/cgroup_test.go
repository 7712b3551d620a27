package machine

import (
	"slices"
	"strings"
	"testing"
)

const hybrid = `22 1 254:0 / / rw - ext4 /dev/vda rw
30 24 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
33 30 0:29 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset,clone_children
34 30 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd
35 22 0:28 / /mnt/again rw - cgroup cgroup rw,cpu,cpuacct
`

func TestHierarchiesOfAHybridHost(t *testing.T) {
	got, err := Hierarchies(hybrid)
	if err != nil {
		t.Fatal(err)
	}
	want := []Hierarchy{
		{Path: "/sys/fs/cgroup/unified"},
		{Path: "/sys/fs/cgroup/cpu,cpuacct", Options: "cpu,cpuacct"},
		{Path: "/sys/fs/cgroup/cpuset", Options: "cpuset"},
		{Path: "/sys/fs/cgroup/systemd", Options: "none,name=systemd"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHierarchiesOfAHostWithVersion2Only(t *testing.T) {
	got, err := Hierarchies("31 30 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n")
	if want := []Hierarchy{{Path: "/sys/fs/cgroup"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestHierarchiesOfAHostWithoutVersion2SayWhatToDo(t *testing.T) {
	_, err := Hierarchies("33 30 0:29 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n")
	if err == nil || !strings.Contains(err.Error(), "mount -t cgroup2") {
		t.Errorf("got %v, want an error that says how to mount it", err)
	}
}
