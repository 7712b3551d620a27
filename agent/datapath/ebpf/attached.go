package ebpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cilium/ebpf/link"
)

// Hook is one attach point of the root cgroup and what is attached there.
type Hook struct {
	Name string `json:"name"` // Like "connect4".
	// Programs are in the order in which they run.
	Programs []Attached `json:"programs,omitempty"`
}

// Attached is a program at a hook.
type Attached struct {
	// ID is the kernel's, as bpftool shows it. What it belongs to, the kernel tells
	// only those with CAP_SYS_ADMIN.
	ID uint32 `json:"id"`
	// Ours is whether it hangs on one of our pinned links.
	Ours bool `json:"ours"`
}

// AttachedTo lists what is attached to the hooks that we use, at this cgroup. It
// needs CAP_NET_ADMIN.
//
// Others' programs are worth knowing about: one that runs before ours and
// translates the same address leaves us nothing to translate.
func AttachedTo(cgroupRoot, bpffs string) ([]Hook, error) {
	cgroup, err := os.Open(cgroupRoot)
	if err != nil {
		return nil, fmt.Errorf("opening the root cgroup: %w", err)
	}
	defer cgroup.Close()
	var found []Hook
	for _, h := range hooks {
		result, err := link.QueryPrograms(link.QueryOptions{Target: int(cgroup.Fd()), Attach: h.attach})
		if err != nil {
			return nil, fmt.Errorf("asking what is attached at %s: %w", h.name, err)
		}
		own, err := programOf(pinsUnder(bpffs).link(h.name))
		if err != nil {
			return nil, err
		}
		at := Hook{Name: h.name}
		for _, program := range result.Programs {
			at.Programs = append(at.Programs, Attached{ID: uint32(program.ID), Ours: uint32(program.ID) == own})
		}
		found = append(found, at)
	}
	return found, nil
}

// programOf is the id of the program on a pinned link; 0 if there is no link.
func programOf(pin string) (uint32, error) {
	l, err := link.LoadPinnedLink(pin, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("opening the pinned link %s: %w", pin, err)
	}
	defer l.Close()
	info, err := l.Info()
	if err != nil {
		return 0, fmt.Errorf("asking what the pinned link %s is: %w", pin, err)
	}
	return uint32(info.Program), nil
}
