package ebpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
)

// version names the layout of what is pinned in a tables folder. It changes with
// the structs of bpf/types.h that are in those maps (a test says when). A build
// may override it (-ldflags -X): that is how an upgrade is tested. Letters, digits,
// '-' and '_' only: the BPF file system keeps '.' for itself.
var version = "1"

// sharedVersion names the layout of the maps that every version shares.
const sharedVersion = "1"

// pins are the places of ours in a BPF file system.
//
//	inshore/links/connect4 …        a link for each hook
//	inshore/shared-1/peers …        what outlives an upgrade
//	inshore/tables-1-131136/…       the decisions, by layout and size
type pins struct{ root string }

func pinsUnder(bpffs string) pins {
	if bpffs == "" {
		bpffs = DefaultBPFFS
	}
	return pins{filepath.Join(bpffs, "inshore")}
}

func (p pins) links() string           { return filepath.Join(p.root, "links") }
func (p pins) link(hook string) string { return filepath.Join(p.links(), hook) }
func (p pins) shared() string          { return filepath.Join(p.root, "shared-"+sharedVersion) }

const tablesPrefix = "tables-"

// tables is a folder for each layout and size: to change either is to move to
// another folder, which is filled before the programs are.
func (p pins) tables(entries uint32) string {
	return filepath.Join(p.root, fmt.Sprintf("%s%s-%d", tablesPrefix, version, entries))
}

// allTables are the tables folders that there are.
func (p pins) allTables() ([]string, error) {
	entries, err := os.ReadDir(p.root)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), tablesPrefix) {
			found = append(found, filepath.Join(p.root, entry.Name()))
		}
	}
	return found, nil
}

// removeTables removes every tables folder but one. The kernel frees the maps when
// the programs that use them are gone too.
func (p pins) removeTables(keep string) error {
	all, err := p.allTables()
	if err != nil {
		return fmt.Errorf("looking for tables of other versions: %w", err)
	}
	for _, folder := range all {
		if folder == keep {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("removing the tables of another version: %w", err)
		}
	}
	return nil
}

// pinnedMap opens the map pinned in a folder, or creates and pins it.
func pinnedMap(spec *ebpf.MapSpec, folder string) (*ebpf.Map, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for pins: %w", err)
	}
	spec = spec.Copy()
	spec.Pinning = ebpf.PinByName
	m, err := ebpf.NewMapWithOptions(spec, ebpf.MapOptions{PinPath: folder})
	switch {
	case errors.Is(err, ebpf.ErrMapIncompatible):
		return nil, fmt.Errorf("the map %s/%s is of another layout under the same version; remove it with cleanup: %w",
			folder, spec.Name, err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("creating the map %s (it needs CAP_BPF, and before Linux 5.11 a larger RLIMIT_MEMLOCK): %w",
			spec.Name, err)
	case err != nil:
		return nil, fmt.Errorf("opening or creating the map %s: %w", spec.Name, err)
	}
	return m, nil
}
