package ebpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cilium/ebpf/link"

	"github.com/inshore-dev/inshore/agent/routes"
)

// Remove detaches every program of ours and unpins everything, of any version,
// so that the node is back with the cluster's proxy. Nothing there is no error.
func Remove(bpffs string) error {
	p := pinsUnder(bpffs)
	entries, err := os.ReadDir(p.links())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for pinned links: %w", err)
	}
	var problems []error
	for _, entry := range entries {
		problems = append(problems, detach(filepath.Join(p.links(), entry.Name())))
	}
	if err := os.RemoveAll(p.root); err != nil {
		problems = append(problems, fmt.Errorf("removing the pins: %w", err))
	}
	return errors.Join(problems...)
}

// detach detaches a pinned link at once, even if another process has it open.
func detach(pin string) error {
	l, err := link.LoadPinnedLink(pin, nil)
	if err != nil {
		return fmt.Errorf("opening the pinned link %s: %w", pin, err)
	}
	defer l.Close()
	if err := l.Detach(); err != nil {
		return fmt.Errorf("detaching %s: %w", pin, err)
	}
	return nil
}

// Hook is one attach point of the root cgroup and what is attached there.
type Hook struct {
	Name     string     `json:"name"` // Like "connect4".
	Programs []Attached `json:"programs,omitempty"`
}

// Attached is a program at a hook, in the order in which they run.
type Attached struct {
	// ID is the kernel's program id, as bpftool shows it.
	ID uint32 `json:"id"`
	// Ours is whether it hangs on one of our pinned links.
	Ours bool `json:"ours"`
}

// AttachedTo lists what is attached to the hooks that we use. It needs
// CAP_NET_ADMIN.
func AttachedTo(cgroupRoot, bpffs string) ([]Hook, error) { return nil, nil }

// State is what is in the maps of a node, whoever put it there.
type State struct {
	// Version is the layout of the maps that are in use.
	Version string `json:"version"`
	// Table is without what the programs do not need: names of Services, the
	// length of an affinity.
	Table routes.Table `json:"-"`
	// Trusted is how much longer the programs believe the table; nil for ever.
	// Negative or 0 means that they pass everything through.
	Trusted *time.Duration `json:"trusted,omitempty"`
}

// Dump reads the maps pinned under a BPF file system.
func Dump(bpffs string) (*State, error) { return nil, nil }
