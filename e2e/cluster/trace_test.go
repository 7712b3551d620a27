package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/machine"
)

func TestStopLeavesTheHostAsItWas(t *testing.T) {
	before := traces(t, "test-stop")
	c := start(t, cluster.Config{Name: "test-stop", Nodes: 2})
	must(t, c.Stop())
	sameTraces(t, before, traces(t, "test-stop"))
}

func TestInterruptedOwnerLeavesTheHostAsItWas(t *testing.T) {
	before := traces(t, "test-interrupt")
	for _, moment := range []string{startingUp, running} {
		owner := startOwner(t, "test-interrupt", moment)
		must(t, owner.Process.Signal(os.Interrupt))
		if err := owner.Wait(); err == nil {
			t.Error("the owner ended as if nothing had happened, want death by the signal")
		}
		sameTraces(t, before, traces(t, "test-interrupt"))
	}
}

func TestNextStartRemovesWhatAKilledOwnerLeft(t *testing.T) {
	before := traces(t, "test-killed")
	for _, moment := range []string{startingUp, running} {
		owner := startOwner(t, "test-killed", moment)
		must(t, owner.Process.Kill())
		_ = owner.Wait()
		next, err := cluster.Start(t.Context(), cluster.Config{Name: "test-next"})
		must(t, err)
		must(t, next.Stop())
		sameTraces(t, before, traces(t, "test-killed"))
	}
}

func TestSecondClusterOfANameIsRefused(t *testing.T) {
	start(t, cluster.Config{Name: "test-twice"})
	_, err := cluster.Start(t.Context(), cluster.Config{Name: "test-twice"})
	if err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("got %v, want to hear that the cluster exists already", err)
	}
}

// When to end an owner: while its cluster starts, or when it runs.
const (
	startingUp = "waiting for"
	running    = "is up"
)

const ownedCluster = "INSHORE_TEST_OWNED_CLUSTER"

// TestMain lets the test's own program be the owner of a cluster that a test then ends.
func TestMain(m *testing.M) {
	if name := os.Getenv(ownedCluster); name != "" {
		_, err := cluster.Start(context.Background(), cluster.Config{Name: name, Nodes: 2, Progress: os.Stdout})
		if err != nil {
			// A signal ends the process a moment after it ended the start.
			fmt.Println(err)
		}
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// startOwner starts a process that owns a cluster, and returns when it says the given words.
func startOwner(t *testing.T, name, until string) *exec.Cmd {
	t.Helper()
	owner := exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), ownedCluster+"="+name)
	out, err := owner.StdoutPipe()
	must(t, err)
	must(t, owner.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), until) {
			go func() {
				for lines.Scan() {
				}
			}()
			return owner
		}
	}
	t.Fatalf("the owner ended without saying %q", until)
	return nil
}

// traces lists everything by which the host could tell that the named cluster ever was.
func traces(t *testing.T, name string) string {
	t.Helper()
	var all strings.Builder
	for _, command := range []string{
		"ip -oneline link", "ip address", "ip route show table all", "ip netns list",
		"nft list ruleset", "iptables-save", "ipcs", "sysctl -n vm.overcommit_memory kernel.panic kernel.panic_on_oops",
	} {
		argv := strings.Fields(command)
		out, _ := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput()
		fmt.Fprintf(&all, "%s:\n%s", command, out)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	all.Write(mounts)
	for _, pattern := range []string{"/var/lib/inshore-lab/" + name, "/run/netns/*", "/run/inshore*", "/var/lib/kubelet", "/etc/cni", "/opt/cni", "/opt/containerd"} {
		found, err := filepath.Glob(pattern)
		must(t, err)
		fmt.Fprintln(&all, pattern, found)
	}
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		others := strings.Contains(path, "/inshore-lab/") && !strings.Contains(path, "/inshore-lab/"+name)
		if err == nil && entry.IsDir() && !others && (entry.Name() == name || entry.Name() == "k8s.io") {
			fmt.Fprintln(&all, path)
		}
		return nil
	})
	fmt.Fprint(&all, processesOf(t, name))
	return all.String()
}

// processesOf lists the processes whose cgroup is one of the cluster's. Those that have ended and only wait
// for somebody to ask how do not count.
func processesOf(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cgroup")
	must(t, err)
	var found strings.Builder
	for _, file := range files {
		cgroup, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(cgroup), "inshore-lab/"+name+"/") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		must(t, err)
		if _, err := machine.Identify(pid); err == nil {
			fmt.Fprintln(&found, file)
		}
	}
	return found.String()
}

func sameTraces(t *testing.T, before, after string) {
	t.Helper()
	if before == after {
		return
	}
	known := map[string]bool{}
	for line := range strings.Lines(before) {
		known[line] = true
	}
	for line := range strings.Lines(after) {
		if !known[line] {
			t.Errorf("new on the host, of the cluster or of what ran beside the test: %s", line)
		}
	}
	if !t.Failed() {
		t.Errorf("something is gone from the host; before:\n%s\nafter:\n%s", before, after)
	}
}
