package cgroup

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFind(t *testing.T) {
	tests := map[string]struct {
		path      string
		mounts    map[string]string // Where, and what: the hierarchy's "root" or a "child".
		want      string            // After the prefix.
		wantError []string
	}{
		"a pure v2 host": {
			mounts: map[string]string{"/sys/fs/cgroup": "root"},
			want:   "/sys/fs/cgroup",
		},
		"a hybrid host": {
			mounts: map[string]string{"/sys/fs/cgroup/unified": "root"},
			want:   "/sys/fs/cgroup/unified",
		},
		"what the node mounted for us comes before what the container sees": {
			mounts: map[string]string{"/host/sys/fs/cgroup": "root", "/sys/fs/cgroup": "child"},
			want:   "/host/sys/fs/cgroup",
		},
		"a hybrid node's mount": {
			mounts: map[string]string{"/host/sys/fs/cgroup/unified": "root"},
			want:   "/host/sys/fs/cgroup/unified",
		},
		"a node that is a container itself": {
			mounts: map[string]string{"/host/sys/fs/cgroup": "child"},
			want:   "/host/sys/fs/cgroup",
		},
		"a container's own view is never taken": {
			mounts:    map[string]string{"/sys/fs/cgroup": "child"},
			wantError: []string{"/sys/fs/cgroup: is the view of a cgroup namespace", "mount the node's /sys/fs/cgroup at /host/sys/fs/cgroup", "--cgroup-root"},
		},
		"nothing there": {
			wantError: []string{"/host/sys/fs/cgroup: is not there", "/sys/fs/cgroup/unified: is not there"},
		},
		"configured": {
			path:   "/elsewhere",
			mounts: map[string]string{"/elsewhere": "child", "/sys/fs/cgroup": "root"},
			want:   "/elsewhere",
		},
		"configured, but no cgroup": {
			path:      "/",
			wantError: []string{"/ cannot be the root cgroup: is no cgroup v2 file system"},
		},
		"auto by name": {
			path:   Auto,
			mounts: map[string]string{"/sys/fs/cgroup": "root"},
			want:   "/sys/fs/cgroup",
		},
	}
	hierarchy, child := mountHierarchy(t)
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			prefix := t.TempDir()
			for place, folder := range test.mounts {
				bind(t, map[string]string{"root": hierarchy, "child": child}[folder], prefix+place)
			}
			root, err := Find(Config{Path: test.path, Prefix: prefix})
			if test.want != "" && (err != nil || root.Path != prefix+test.want || root.Reason == "") {
				t.Errorf("found %+v, %v; want %s", root, err, test.want)
			}
			for _, want := range test.wantError {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %v, want it to say %q", err, want)
				}
			}
		})
	}
}

// mountHierarchy mounts the host's cgroup v2 hierarchy once more, and makes a
// cgroup in it.
func mountHierarchy(t *testing.T) (mounted, child string) {
	t.Helper()
	mounted = t.TempDir()
	if err := unix.Mount("none", mounted, "cgroup2", 0, ""); err != nil {
		t.Fatalf("mounting cgroup v2, which needs root: %v", err)
	}
	child, err := os.MkdirTemp(mounted, "inshore-cgroup-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(child); err != nil {
			t.Error(err)
		}
		if err := unix.Unmount(mounted, 0); err != nil {
			t.Error(err)
		}
	})
	return mounted, child
}

func bind(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(to, 0); err != nil {
			t.Error(err)
		}
	})
}

func TestOwn(t *testing.T) {
	const hybrid = "9:name=systemd:/\n4:memory:/a\n0::/kubepods/pod1\n"
	if got := own(hybrid); got != "/kubepods/pod1" {
		t.Errorf("the cgroup is %q", got)
	}
	if got := own("4:memory:/a\n"); got != "" {
		t.Errorf("the cgroup of a v1 host is %q, want none", got)
	}
	if Own() == "" {
		t.Error("this process has no cgroup")
	}
}
