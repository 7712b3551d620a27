package check

import "strings"

// mount is a line of /proc/<pid>/mountinfo, as far as it is read.
type mount struct {
	point, fsType string
}

// parseMounts reads mountinfo (proc_pid_mountinfo(5)). The fields before the
// separator " - " vary in number; the mount point is the fifth, the type the
// first one after it. Lines of another form are left out.
func parseMounts(mountinfo string) []mount {
	var mounts []mount
	for line := range strings.Lines(mountinfo) {
		before, after, found := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !found || len(left) < 5 || len(right) < 1 {
			continue
		}
		mounts = append(mounts, mount{point: unescape.Replace(left[4]), fsType: right[0]})
	}
	return mounts
}

// unescape undoes what the kernel writes for characters that would break a
// line into other fields.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// find is the first mount point of a type; empty if there is none.
func find(mounts []mount, fsType string) string {
	for _, m := range mounts {
		if m.fsType == fsType {
			return m.point
		}
	}
	return ""
}

// cgroups judges whether there is a cgroup v2 hierarchy. A hybrid host, which
// has it beside v1 at /sys/fs/cgroup/unified, is as good: socket hooks attach
// to v2 whatever the controllers do.
func cgroups(mounts []mount) Fact {
	fact := Fact{Name: "cgroup v2", Value: find(mounts, "cgroup2")}
	if fact.Value == "" {
		fact.Problem = "not mounted"
		fact.Remedy = "boot with systemd.unified_cgroup_hierarchy=1; in a pod, mount the node's /sys/fs/cgroup"
	}
	return fact
}

// bpfFS judges whether there is a BPF file system, which keeps the datapath
// working while the agent is not.
func bpfFS(mounts []mount) Fact {
	fact := Fact{Name: "BPF file system", Value: find(mounts, "bpf")}
	if fact.Value == "" {
		fact.Problem = "not mounted"
		fact.Remedy = "mount -t bpf bpf /sys/fs/bpf; in a pod, mount the node's /sys/fs/bpf"
	}
	return fact
}
