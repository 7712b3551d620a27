package ebpf

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf"

	"github.com/inshore-dev/inshore/agent/routes"
)

// State is what is in the maps of a node, whoever put it there.
type State struct {
	// Version is the layout of the maps that are in use.
	Version string `json:"version"`
	// Table is without what the programs do not need: names of Services, the
	// length of an affinity (1 ns if there is one).
	Table routes.Table `json:"-"`
	// Trusted is how much longer the programs believe the table; nil for ever.
	// Negative or 0 means that they pass everything through.
	Trusted *time.Duration `json:"trusted,omitempty"`
	// Repeated is how often a program read a decision in the making, and read again.
	Repeated uint64 `json:"repeated"`
}

// ErrNoTables is the error of a node that has none of our maps.
var ErrNoTables = errors.New("no routes of ours are on this node")

// Dump reads the maps pinned under a BPF file system. Those of another version
// than this program's are an error that says so.
func Dump(bpffs string) (*State, error) {
	all, err := pinsUnder(bpffs).allTables()
	if errors.Is(err, os.ErrNotExist) || (err == nil && len(all) == 0) {
		return nil, ErrNoTables
	}
	if err != nil {
		return nil, fmt.Errorf("looking for tables: %w", err)
	}
	// In the middle of an upgrade there are two; the newer is about to be used.
	folder := slices.MaxFunc(all, func(a, b string) int { return cmp.Compare(made(a), made(b)) })
	of, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), tablesPrefix), "-")
	if of != version {
		return nil, fmt.Errorf("the tables on this node are of version %s, this program is of version %s", of, version)
	}
	state := &State{Version: version, Table: routes.Table{}}
	err4 := dump(folder, inshoreMapDecisions4, state.Table, inshoreFrontend4.decode, func(d *inshoreDecision4, slot int) netip.AddrPort {
		return netip.AddrPortFrom(decodeAddr4(d.Backends[slot].Addr), host16(d.Backends[slot].Port))
	})
	err6 := dump(folder, inshoreMapDecisions6, state.Table, inshoreFrontend6.decode, func(d *inshoreDecision6, slot int) netip.AddrPort {
		return netip.AddrPortFrom(decodeAddr16(d.Backends[slot].Addr), host16(d.Backends[slot].Port))
	})
	return state, errors.Join(err4, err6, state.read(folder))
}

// made is when a folder was made; 0 if unknown.
func made(folder string) int64 {
	info, err := os.Stat(folder)
	if err != nil {
		return 0
	}
	return info.ModTime().UnixNano()
}

// read reads the cell.
func (s *State) read(folder string) error {
	var in inshoreState
	m, err := ebpf.LoadPinnedMap(filepath.Join(folder, inshoreMapState), &ebpf.LoadPinOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("opening the pinned state: %w", err)
	}
	defer m.Close()
	if err := m.Lookup(uint32(0), &in); err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	s.Repeated = in.Repeated
	s.Trusted, err = left(in.TrustedUntil)
	return err
}

// dump reads the decisions of one family into a table. The kernel copies them under
// a lock: one that is not whole was written by something else.
func dump[K, V any](folder, name string, into routes.Table, decode func(K) routes.Frontend, backend func(*V, int) netip.AddrPort) error {
	m, err := ebpf.LoadPinnedMap(filepath.Join(folder, name), &ebpf.LoadPinOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("opening the pinned map %s: %w", name, err)
	}
	defer m.Close()
	var problems []error
	err = each(m, func(key *K, decision *V) {
		frontend, bytes := decode(*key), octets(decision)
		if !sealed(bytes, octets(key)) {
			problems = append(problems, fmt.Errorf("the decision about %v is not whole", frontend))
			return
		}
		facts := bytes[8*wordFacts:]
		route := routes.Route{Behaviour: behaviours[facts[2]], Balance: balances[facts[3]], Affinity: time.Duration(facts[4])}
		for slot := range int(facts[0]) {
			route.Local = append(route.Local, backend(decision, slot))
		}
		for slot := range int(facts[1]) {
			route.Fallback = append(route.Fallback, backend(decision, routes.MaxLocal+slot))
		}
		into[frontend] = route
	})
	return errors.Join(append(problems, err)...)
}
