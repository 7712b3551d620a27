package ebpf_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
)

// helperCapable tells this test binary to be the agent with few capabilities.
const helperCapable = "INSHORE_EBPF_TEST_CAPABLE"

// TestTwoCapabilitiesSuffice runs an agent's whole life in a process that has
// CAP_BPF and CAP_NET_ADMIN only, and a read-only root file system: as the
// DaemonSet does.
func TestTwoCapabilitiesSuffice(t *testing.T) {
	type result struct {
		output []byte
		err    error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // And never unlocked: the thread ends with what it lost.
		cmd := exec.Command("/proc/self/exe", "-test.run", "^TestHelperCapable$")
		cmd.Env = append(os.Environ(), helperCapable+"=yes", settled+"=yes")
		if err := confine(); err != nil {
			done <- result{err: err}
			return
		}
		output, err := cmd.CombinedOutput()
		done <- result{output, err}
	}()
	if r := <-done; r.err != nil || !bytes.Contains(r.output, []byte("PASS")) {
		t.Errorf("with two capabilities: %v\n%s", r.err, r.output)
	}
}

// confine takes from this thread what its children are not to have.
func confine() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("making a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("making the root file system read-only: %w", err)
	}
	for capability := uintptr(0); capability <= unix.CAP_LAST_CAP; capability++ {
		if capability == unix.CAP_BPF || capability == unix.CAP_NET_ADMIN {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
			return fmt.Errorf("dropping the capability %d: %w", capability, err)
		}
	}
	return nil
}

func TestHelperCapable(t *testing.T) {
	if os.Getenv(helperCapable) == "" {
		return // Not asked to help.
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("CapEff:\t%016x\n", 1<<unix.CAP_BPF|1<<unix.CAP_NET_ADMIN)
	if !strings.Contains(string(status), want) {
		t.Fatalf("the capabilities are not %s but\n%s", want, status)
	}
	if err := os.WriteFile("/tmp/inshore-test", nil, 0o600); err == nil {
		t.Fatal("the root file system can be written to")
	}
	ctx, to := context.Background(), tcp(balanced)
	table := routes.Table{to: local(server(t, "127.0.0.1:0", "four"))}
	for range 2 { // The second takes over from the first.
		d, err := ebpf.Open(ebpf.Config{CgroupRoot: cgroupRoot, BPFFS: bpffs})
		if err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{
			"Replace": d.Replace(ctx, table),
			"Update":  d.Update(ctx, []routes.Change{{Frontend: tcp("[fd00:96::1]:80"), Route: &routes.Route{}}}),
			"Canary":  d.Canary(ctx),
			"Renew":   d.Renew(),
		} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if name, _, err := ask(balanced); name != "four" {
			t.Errorf("%q answered (%v)", name, err)
		}
		if counters, err := d.Counters(); err != nil || counters[to].Local == 0 {
			t.Errorf("Counters: %v, %v", counters, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := ebpf.Dump(bpffs); err != nil {
		t.Errorf("Dump: %v", err)
	}
	wantOnlyOurs(t)
	if err := ebpf.Remove(bpffs); err != nil {
		t.Errorf("Remove: %v", err)
	}
}
