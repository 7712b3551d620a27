package ebpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cilium/ebpf/link"
)

// Remove detaches every program of ours and unpins everything, of any version,
// so that the node is back with the cluster's proxy. Nothing there is no error.
// Connections that are open stay, but their sockets are told their backends'
// addresses from then on.
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
// (BPF_LINK_DETACH, Linux 5.9.)
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
