package ebpf_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
)

func TestTheCanarySingsWhereTheHooksAre(t *testing.T) {
	backend := server(t, "127.0.0.1:0", "four")
	d := routing(t, routes.Table{tcp("10.96.0.1:80"): local(backend)})
	if err := d.Canary(context.Background()); err != nil {
		t.Fatal(err)
	}
	state, err := ebpf.Dump(bpffs)
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Table) != 1 {
		t.Errorf("the canary left its frontends behind: %v", state.Table)
	}
	if used, _ := d.Size(); used != 1 {
		t.Errorf("the size is %d after the canary, want 1", used)
	}
	counters, err := d.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if len(counters) != 0 {
		t.Errorf("the canary left its counters behind: %v", counters)
	}
}

func TestTheCanarySaysThatThisProcessIsNotBelowTheRoot(t *testing.T) {
	aside := filepath.Join(cgroupRoot, "aside")
	if err := os.Mkdir(aside, 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := ebpf.Open(ebpf.Config{CgroupRoot: aside, BPFFS: bpffs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, err := range []error{d.Close(), ebpf.Remove(bpffs), os.Remove(aside)} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	if err := d.Replace(context.Background(), routes.Table{}); err != nil {
		t.Fatal(err)
	}
	err = d.Canary(context.Background())
	if err == nil || !strings.Contains(err.Error(), "the hooks of "+aside+" do not see this process, whose cgroup is") {
		t.Errorf("the canary says %v", err)
	}
}

func TestTheCanaryOfAHostWithoutIPv6SingsOnce(t *testing.T) {
	d := routing(t, routes.Table{})
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // And never unlocked: the thread ends with its namespace.
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return err
			}
			if err := os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0); err != nil {
				return err
			}
			return errors.Join(loopbackUp(), d.Canary(context.Background()))
		}()
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestDumpIsTheTableThatWasPut(t *testing.T) {
	table := everything()
	routing(t, table)
	state, err := ebpf.Dump(bpffs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table, state.Table, byValue); diff != "" {
		t.Errorf("the dump differs (-put +dumped):\n%s", diff)
	}
	if state.Trusted != nil {
		t.Errorf("without an orphan timeout the table is trusted for %v only", *state.Trusted)
	}
}
