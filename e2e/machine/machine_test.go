package machine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMachineRunsProgramsInNamespacesOfItsOwn(t *testing.T) {
	m := boot(t, "test-own")
	got := run(t, m, "hostname")
	if got != "test-own" {
		t.Errorf("host name: got %q", got)
	}
	if got := run(t, m, "readlink", "/proc/1/exe"); filepath.Base(got) != "labinit" {
		t.Errorf("first process: got %q, want labinit", got)
	}
	if got := run(t, m, "ip", "-brief", "link"); strings.Contains(got, "eth0") || !strings.HasPrefix(got, "lo ") {
		t.Errorf("links: got %q, want its own lo only", got)
	}
	if got := run(t, m, "cat", "/proc/self/cgroup"); strings.Contains(got, m.folder) {
		t.Errorf("cgroups: got %q, want paths that start at the machine's folder", got)
	}
	if got := run(t, m, "cat", "/run/marker"); got != "own" {
		t.Errorf("its /run: got %q", got)
	}
}

func TestMachineKillsWhatACancelledCommandStarted(t *testing.T) {
	m := boot(t, "test-cancel")
	ctx, cancel := context.WithCancel(t.Context())
	cmd := m.Command(ctx, "sh", "-c", "sleep 4711 & echo started; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = cmd.Wait()
	eventually(t, "the grandchild to end", func() bool { return !strings.Contains(run(t, m, "ps", "-e", "-o", "args"), "sleep 4711") })
}

func TestMachineIsReachedThroughItsOwnNetwork(t *testing.T) {
	m := boot(t, "test-socket")
	run(t, m, "ip", "link", "set", "lo", "up")
	listener, err := m.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if conn, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		conn.Close()
		t.Error("the host reaches what listens on the machine's loopback")
	}
	conn, err := m.Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestHaltLeavesNeitherProcessesNorCgroups(t *testing.T) {
	m := boot(t, "test-halt")
	cmd := m.Command(context.Background(), "setsid", "sleep", "60")
	if err := m.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := m.Halt(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the machine's process ended by itself, want it killed")
	}
	if _, err := os.Stat(m.CgroupPath()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("cgroup folder %s is still there", m.CgroupPath())
	}
	if err := m.Start(m.Command(t.Context(), "true")); err == nil {
		t.Error("a halted machine runs programs")
	}
}

func TestBootSaysWhatWentWrong(t *testing.T) {
	o := options(t, "test-broken")
	o.Mounts = append(o.Mounts, Mount{Source: "x", Target: "/run/x", Type: "nofs"})
	_, err := Boot(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "mount x on /run/x") {
		t.Errorf("got %v, want to hear of the mount", err)
	}
	if err := RemoveFolders(o.Hierarchies, o.Folder); err != nil {
		t.Error(err)
	}
}

func boot(t *testing.T, name string) *Machine {
	t.Helper()
	m, err := Boot(t.Context(), options(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Halt(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func options(t *testing.T, name string) Options {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("machines need root, for namespaces and cgroups: run the test as root")
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	hierarchies, err := Hierarchies(string(mounts))
	if err != nil {
		t.Fatal(err)
	}
	init := filepath.Join(t.TempDir(), "labinit")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", init, "../cmd/labinit")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build labinit: %v\n%s", err, out)
	}
	own := t.TempDir()
	if err := os.WriteFile(filepath.Join(own, "marker"), []byte("own"), 0o644); err != nil {
		t.Fatal(err)
	}
	return Options{
		Hostname: name, Init: init, Folder: "inshore-lab/" + name + "/machine", Hierarchies: hierarchies,
		Mounts: []Mount{{Source: "proc", Target: "/proc", Type: "proc"}, {Source: own, Target: "/run"}},
	}
}

func run(t *testing.T, m *Machine, argv ...string) string {
	t.Helper()
	cmd := m.Command(t.Context(), argv...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := m.Run(cmd); err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, complaints.String())
	}
	return strings.TrimSpace(out.String())
}

func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !true(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
