package check

import (
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// node is a proc file system on which nothing is wrong: a hybrid cgroup host.
func node(changes map[string]string) fs.FS {
	files := map[string]string{
		"sys/kernel/osrelease": "6.1.0-21-amd64\n",
		"self/mountinfo": "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n" +
			"31 24 0:27 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu\n" +
			"39 24 0:35 / /sys/fs/cgroup/unified rw shared:4 master:1 - cgroup2 cgroup2 rw\n" +
			"40 24 0:36 / /sys/fs/bpf rw - bpf bpf rw,mode=700\n",
		"self/status": "Name:\tinshore-agent\nCapInh:\t0000000000000000\nCapEff:\t0000008000001000\n",
	}
	maps.Copy(files, changes)
	proc := fstest.MapFS{}
	for name, text := range files {
		if text != "" {
			proc[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return proc
}

func TestNode(t *testing.T) {
	const caps = "self/status"
	tests := map[string]struct {
		changes map[string]string
		wrong   []string // The names of the facts that have a problem.
	}{
		"if nothing is wrong, the node is suitable": {nil, nil},
		"if the kernel is 5.10, the node is suitable": {
			map[string]string{"sys/kernel/osrelease": "5.10.0\n"}, nil,
		},
		"if the kernel is 5.9, it is too old though 9 sorts after 10": {
			map[string]string{"sys/kernel/osrelease": "5.9.16-generic\n"}, []string{"kernel"},
		},
		"if the kernel is 4.19, it is too old though 19 is more than 10": {
			map[string]string{"sys/kernel/osrelease": "4.19.0\n"}, []string{"kernel"},
		},
		"if the kernel has no version, it is not guessed": {
			map[string]string{"sys/kernel/osrelease": "next\n"}, []string{"kernel"},
		},
		"if only cgroup v1 and no BPF file system are mounted, both are missing": {
			map[string]string{"self/mountinfo": "31 24 0:27 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu\n"},
			[]string{"cgroup v2", "BPF file system"},
		},
		"if a mount point is named bpf, it is not taken for the type": {
			map[string]string{"self/mountinfo": "1 1 0:1 / /bpf rw - tmpfs bpf rw\n2 1 0:2 / /c rw - cgroup2 none rw\n"},
			[]string{"BPF file system"},
		},
		"if no capability is effective, both are missing": {
			map[string]string{caps: "CapPrm:\tffffffffffffffff\nCapEff:\t0000000000000000\n"}, []string{"CAP_BPF", "CAP_NET_ADMIN"},
		},
		"if CAP_NET_ADMIN alone is effective, CAP_BPF is missing": {
			map[string]string{caps: "CapEff:\t0000000000001000\n"}, []string{"CAP_BPF"},
		},
		"if CAP_SYS_ADMIN is effective, it stands for both": {
			map[string]string{caps: "CapEff:\t0000000000200000\n"}, nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			report, err := Node(node(test.changes))
			if err != nil {
				t.Fatal(err)
			}
			var wrong []string
			for _, fact := range report.Facts {
				if fact.Problem != "" {
					wrong = append(wrong, fact.Name)
				}
			}
			if !slices.Equal(wrong, test.wrong) || report.Suitable != (len(wrong) == 0) {
				t.Errorf("wrong: %q, suitable %t, want %q: %+v", wrong, report.Suitable, test.wrong, report.Facts)
			}
		})
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	tests := map[string]struct {
		changes map[string]string
		want    string
	}{
		"if there is no release, it says so":           {map[string]string{"sys/kernel/osrelease": ""}, "kernel's release"},
		"if there are no mounts, it says so":           {map[string]string{"self/mountinfo": ""}, "mounts"},
		"if there is no status, it says so":            {map[string]string{"self/status": ""}, "capabilities"},
		"if the status has no CapEff, it says so":      {map[string]string{"self/status": "Name: x\n"}, "no line CapEff"},
		"if CapEff is not a hexadecimal, it says that": {map[string]string{"self/status": "CapEff:\tall\n"}, "CapEff"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Node(node(test.changes)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one that says %q", err, test.want)
			}
		})
	}
}

func TestMountPointsWithSpaces(t *testing.T) {
	got := find(parseMounts(`1 1 0:1 / /mnt/a\040b rw - cgroup2 none rw`), "cgroup2")
	if got != "/mnt/a b" {
		t.Errorf("mount point %q", got)
	}
}

// The kernel's own files are read as well as ours that look like them.
func TestThisMachine(t *testing.T) {
	report, err := Node(os.DirFS("/proc"))
	if err != nil {
		t.Fatal(err)
	}
	if report.Facts[0].Value == "" {
		t.Errorf("this machine has no kernel: %+v", report.Facts)
	}
}
