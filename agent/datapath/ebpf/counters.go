package ebpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// counterChunk is how many frontends' counters one system call reads; each has a
// value for every CPU.
const counterChunk = 256

// Counters implements [datapath.Datapath]. Frontends that were never dialled on
// this node are not in it. They outlive restarts and upgrades, and go with the
// frontend.
func (d *Datapath) Counters() (map[routes.Frontend]datapath.Counters, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cell == nil {
		return nil, errClosed
	}
	totals := map[routes.Frontend]datapath.Counters{}
	err4 := sum(d.kernel.Counts4, func(k inshoreFrontend4) (routes.Frontend, bool) { return k.decode(), d.counted(k.decode()) }, totals)
	err6 := sum(d.kernel.Counts6, func(k inshoreFrontend6) (routes.Frontend, bool) { return k.decode(), d.counted(k.decode()) }, totals)
	return totals, errors.Join(err4, err6)
}

// counted is whether counts of a frontend are to be kept. A connection that was
// being decided while its frontend went may leave a count behind.
func (d *Datapath) counted(frontend routes.Frontend) bool {
	return !d.replaced || d.family(frontend).has(frontend)
}

// sum adds up what the CPUs have counted, and removes what is not to be kept.
func sum[K any](m *ebpf.Map, decode func(K) (routes.Frontend, bool), totals map[routes.Frontend]datapath.Counters) error {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("counting CPUs: %w", err)
	}
	keys, values := make([]K, counterChunk), make([]inshoreCounts, counterChunk*cpus)
	var strays []K
	err = eachBatch(m, keys, values, func(i int) {
		frontend, keep := decode(keys[i])
		if !keep {
			strays = append(strays, keys[i])
			return
		}
		var total datapath.Counters
		for _, cpu := range values[i*cpus : (i+1)*cpus] {
			total.Local += cpu.Local
			total.Fallback += cpu.Fallback
			total.Refused += cpu.Refused
			total.Dropped += cpu.Dropped
		}
		totals[frontend] = total
	})
	if err != nil {
		return err
	}
	return removeKeys(m, strays)
}

// removeKeys deletes elements, which may be gone already.
func removeKeys[K any](m *ebpf.Map, keys []K) error {
	for i := range keys {
		if err := m.Delete(&keys[i]); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("removing from the map %s: %w", m, err)
		}
	}
	return nil
}
