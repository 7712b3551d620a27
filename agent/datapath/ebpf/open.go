package ebpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/rlimit"
)

// spare is room in the maps beyond Config.MaxFrontends, for the canary's.
const spare = 64

// sharedEntries bounds the counts: how many frontends of each family are dialled
// from this one node, and how many backends of least-connection Services there are.
const sharedEntries = 1 << 16

// Open loads the programs and opens or creates the maps. Nothing is attached
// before the first Replace: until then a predecessor's programs go on.
//
// It needs CAP_BPF, CAP_NET_ADMIN and Linux 5.10.
func Open(config Config) (_ *Datapath, err error) {
	if config.MaxFrontends <= 0 {
		config.MaxFrontends = DefaultMaxFrontends
	}
	if err := rlimit.RemoveMemlock(); err != nil {
		// Before Linux 5.11, without CAP_SYS_RESOURCE: what is set may be enough.
		config.Log.Info("the limit of locked memory stays", "reason", err.Error())
	}
	d := &Datapath{config: config, pins: pinsUnder(config.BPFFS)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	spec, err := d.specify()
	if err != nil {
		return nil, err
	}
	if err := d.openMaps(spec); err != nil {
		return nil, err
	}
	if d.cell, err = openCell(d.kernel.State); err != nil {
		return nil, err
	}
	if err := d.loadPrograms(spec); err != nil {
		return nil, err
	}
	d.v4 = table[inshoreFrontend4, inshoreDecision4]{decisions: d.kernel.Decisions4, encode: encode4, decide: decision4}
	d.v6 = table[inshoreFrontend6, inshoreDecision6]{decisions: d.kernel.Decisions6, encode: encode6, decide: decision6}
	d.open = opens{counts: d.kernel.Opens}
	return d, nil
}

// specify sizes the maps and fits the programs to the kernel.
func (d *Datapath) specify() (*ebpf.CollectionSpec, error) {
	load := loadInshore
	if d.config.load != nil {
		load = d.config.load
	}
	spec, err := load()
	if err != nil {
		return nil, fmt.Errorf("reading the built programs: %w", err)
	}
	entries := uint32(d.config.MaxFrontends) + spare
	d.tables = d.pins.tables(entries)
	for _, name := range tableMaps {
		if name != inshoreMapState {
			spec.Maps[name].MaxEntries = entries
		}
	}
	for _, name := range []string{inshoreMapCounts4, inshoreMapCounts6, inshoreMapOpens} {
		spec.Maps[name].MaxEntries = sharedEntries
	}
	if features.HaveProgramHelper(ebpf.CGroupSockAddr, asm.FnSetRetval) != nil {
		for _, program := range spec.Programs {
			withoutSetRetval(program.Instructions)
		}
	}
	return spec, nil
}

// withoutSetRetval takes calls out that a kernel before 5.18 does not know. What they
// would return nobody looks at.
func withoutSetRetval(instructions asm.Instructions) {
	for i, instruction := range instructions {
		if instruction.IsBuiltinCall() && instruction.Constant == int64(asm.FnSetRetval) {
			instructions[i] = asm.Mov.Imm(asm.R0, 0).WithMetadata(instruction.Metadata)
		}
	}
}

// tableMaps are the maps of a tables folder, sharedMaps those of the shared one.
var (
	tableMaps  = []string{inshoreMapDecisions4, inshoreMapDecisions6, inshoreMapState}
	sharedMaps = []string{inshoreMapCounts4, inshoreMapCounts6, inshoreMapOpens, inshoreMapPeers, inshoreMapRings}
)

func (d *Datapath) openMaps(spec *ebpf.CollectionSpec) error {
	places := map[string]**ebpf.Map{
		inshoreMapDecisions4: &d.kernel.Decisions4, inshoreMapDecisions6: &d.kernel.Decisions6,
		inshoreMapState: &d.kernel.State, inshoreMapCounts4: &d.kernel.Counts4, inshoreMapCounts6: &d.kernel.Counts6,
		inshoreMapOpens: &d.kernel.Opens, inshoreMapPeers: &d.kernel.Peers, inshoreMapRings: &d.kernel.Rings,
	}
	open := func(names []string, folder string) error {
		for _, name := range names {
			m, err := pinnedMap(spec.Maps[name], folder)
			if err != nil {
				return err
			}
			*places[name] = m
		}
		return nil
	}
	return errors.Join(open(tableMaps, d.tables), open(sharedMaps, d.pins.shared()))
}

func (d *Datapath) loadPrograms(spec *ebpf.CollectionSpec) error {
	err := spec.LoadAndAssign(&d.programs, &ebpf.CollectionOptions{MapReplacements: map[string]*ebpf.Map{
		inshoreMapDecisions4: d.kernel.Decisions4, inshoreMapDecisions6: d.kernel.Decisions6,
		inshoreMapState: d.kernel.State, inshoreMapCounts4: d.kernel.Counts4, inshoreMapCounts6: d.kernel.Counts6,
		inshoreMapOpens: d.kernel.Opens, inshoreMapPeers: d.kernel.Peers, inshoreMapRings: d.kernel.Rings,
	}})
	if err != nil {
		return fmt.Errorf("loading the programs: %w", err)
	}
	return nil
}
