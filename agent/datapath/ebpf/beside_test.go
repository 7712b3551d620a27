package ebpf_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	cilium "github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
)

// somebody attaches a program to connect4 that lets everything pass.
func somebody(t *testing.T) cilium.ProgramID {
	t.Helper()
	program, err := cilium.NewProgram(&cilium.ProgramSpec{
		Type: cilium.CGroupSockAddr, AttachType: cilium.AttachCGroupInet4Connect, License: "MIT",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 1), asm.Return()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	attached, err := link.AttachCgroup(link.CgroupOptions{Path: cgroupRoot, Attach: cilium.AttachCGroupInet4Connect, Program: program})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { attached.Close() })
	info, err := program.Info()
	if err != nil {
		t.Fatal(err)
	}
	id, _ := info.ID()
	return id
}

func TestProgramsOfOthersStay(t *testing.T) {
	before := somebody(t)
	d := routing(t, routes.Table{tcp("10.96.0.1:80"): local(server(t, "127.0.0.1:0", "four"))})
	after := somebody(t)
	if name, _, err := ask("10.96.0.1:80"); name != "four" {
		t.Errorf("beside others %q answered (%v)", name, err)
	}
	wantAtConnect4 := func(want ...cilium.ProgramID) {
		t.Helper()
		hooks, err := ebpf.AttachedTo(cgroupRoot, bpffs)
		if err != nil {
			t.Fatal(err)
		}
		var found []cilium.ProgramID
		for _, hook := range hooks {
			for _, program := range hook.Programs {
				if !program.Ours && hook.Name == "connect4" {
					found = append(found, cilium.ProgramID(program.ID))
				}
			}
		}
		if len(found) != len(want) || found[0] != want[0] || found[1] != want[1] {
			t.Errorf("others' programs at connect4 are %v, want %v", found, want)
		}
	}
	wantAtConnect4(before, after)
	if err := errors.Join(d.Close(), ebpf.Remove(bpffs)); err != nil {
		t.Fatal(err)
	}
	wantAtConnect4(before, after)
}

func TestRemoveLeavesNothing(t *testing.T) {
	d := routing(t, routes.Table{tcp("10.96.0.1:80"): local()})
	// Not even while an agent still runs.
	if err := ebpf.Remove(bpffs); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bpffs + "/inshore"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("pins are left: %v", err)
	}
	hooks, err := ebpf.AttachedTo(cgroupRoot, bpffs)
	if err != nil {
		t.Fatal(err)
	}
	for _, hook := range hooks {
		if len(hook.Programs) != 0 {
			t.Errorf("attached to %s is %v, want nothing", hook.Name, hook.Programs)
		}
	}
	if _, err := ebpf.Dump(bpffs); !errors.Is(err, ebpf.ErrNoTables) {
		t.Errorf("the dump is %v, want that there are no tables", err)
	}
	if err := errors.Join(d.Close(), ebpf.Remove(bpffs)); err != nil {
		t.Errorf("removing again: %v", err)
	}
}

// A container runtime may make the root anew (a node that is a container itself).
func TestTheRootCgroupMayBeAnother(t *testing.T) {
	former := filepath.Join(cgroupRoot, "former")
	if err := os.Mkdir(former, 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := ebpf.Open(ebpf.Config{CgroupRoot: former, BPFFS: bpffs})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Replace(context.Background(), routes.Table{}), d.Close(), os.Remove(former)); err != nil {
		t.Fatal(err)
	}
	routing(t, routes.Table{tcp("10.96.0.1:80"): local(server(t, "127.0.0.1:0", "four"))})
	if name, peer, err := ask("10.96.0.1:80"); name != "four" || peer != netip.MustParseAddrPort("10.96.0.1:80") {
		t.Errorf("%q answered as %v (%v)", name, peer, err)
	}
	wantOnlyOurs(t)
}
