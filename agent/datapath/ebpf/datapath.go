package ebpf

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// Datapath routes by cgroup socket hooks.
type Datapath struct {
	config   Config
	pins     pins
	tables   string // The folder of this version's tables.
	kernel   inshoreMaps
	programs inshorePrograms

	// mu guards what follows, and the order of writes.
	mu   sync.Mutex
	cell *cell
	v4   table[inshoreFrontend4, inshoreDecision4]
	v6   table[inshoreFrontend6, inshoreDecision6]
	open opens
	// replaced is whether there has been a Replace.
	replaced bool
	// waiting found no room yet.
	waiting map[routes.Frontend]routes.Route
}

var errClosed = errors.New("the datapath is closed")

var _ datapath.Datapath = (*Datapath)(nil)

// Replace implements [datapath.Datapath]. It fills the maps, then attaches the
// programs or puts them in the place of a predecessor's, then removes tables of
// other versions.
func (d *Datapath) Replace(ctx context.Context, table routes.Table) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cell == nil {
		return errClosed
	}
	if err := d.replace(table); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err // Not attached yet: whoever comes next is free to choose.
	}
	if err := attach(d.config.CgroupRoot, d.pins, &d.programs); err != nil {
		return err
	}
	d.replaced = true
	if err := d.pins.removeTables(d.tables); err != nil {
		return err
	}
	return d.full()
}

// replace fills the maps.
func (d *Datapath) replace(table routes.Table) error {
	if err := errors.Join(d.v4.load(), d.v6.load()); err != nil {
		return err
	}
	wanted, err := d.admit(table)
	if err != nil {
		return err
	}
	split := slices.IndexFunc(wanted, func(f routes.Frontend) bool { return !f.Addr.Is4() })
	if split < 0 {
		split = len(wanted)
	}
	route := func(f routes.Frontend) *routes.Route { r := table[f]; return &r }
	if err := d.count(wanted, route); err != nil {
		return err
	}
	err = d.cell.writing(func() error {
		// What goes makes room for what comes.
		if err := errors.Join(d.v4.keep(wanted[:split]), d.v6.keep(wanted[split:])); err != nil {
			return err
		}
		return errors.Join(d.v4.putAll(wanted[:split], route), d.v6.putAll(wanted[split:], route))
	})
	if err != nil {
		return err
	}
	return errors.Join(d.open.sweep(), d.cell.trust(d.config.OrphanTimeout))
}

// count makes the counts of open connections that a table needs.
func (d *Datapath) count(wanted []routes.Frontend, route func(routes.Frontend) *routes.Route) error {
	d.open.flows = map[routes.Frontend][]inshoreFlow{}
	for _, frontend := range wanted {
		if _, err := d.open.begin(frontend, route(frontend)); err != nil {
			return err
		}
	}
	return nil
}

// admit are the frontends of a table that there is room for, IPv4 first; the others
// wait. Which they are is the same for the same table.
func (d *Datapath) admit(table routes.Table) ([]routes.Frontend, error) {
	wanted := make([]routes.Frontend, 0, len(table))
	var problems []error
	for frontend, route := range table {
		if !carried(frontend) {
			continue
		}
		if err := fits(frontend, &route); err != nil {
			problems = append(problems, err)
		}
		wanted = append(wanted, frontend)
	}
	slices.SortFunc(wanted, compare)
	d.waiting = map[routes.Frontend]routes.Route{}
	if room := d.config.MaxFrontends; len(wanted) > room {
		for _, frontend := range wanted[room:] {
			d.waiting[frontend] = table[frontend]
		}
		wanted = wanted[:room]
	}
	return wanted, errors.Join(problems...)
}

// compare orders frontends, IPv4 before IPv6.
func compare(a, b routes.Frontend) int {
	return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
}

// full is the error of what is waiting; nil if nothing is.
func (d *Datapath) full() error {
	if len(d.waiting) == 0 {
		return nil
	}
	return &datapath.FullError{Capacity: d.config.MaxFrontends, Missing: slices.SortedFunc(maps.Keys(d.waiting), compare)}
}

// Update implements [datapath.Datapath]. A frontend that found no room is placed
// as soon as another one goes; until then every Update returns the
// [datapath.FullError] anew.
func (d *Datapath) Update(_ context.Context, changes []routes.Change) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cell == nil {
		return errClosed
	}
	if !d.replaced {
		return errors.New("an Update before the first Replace")
	}
	err := d.cell.writing(func() error {
		var problems []error
		for _, change := range changes {
			problems = append(problems, d.change(change))
		}
		return errors.Join(append(problems, d.placeWaiting())...)
	})
	return errors.Join(err, d.full())
}

// change applies one change.
func (d *Datapath) change(change routes.Change) error {
	frontend, route := change.Frontend, change.Route
	if !carried(frontend) {
		return nil
	}
	delete(d.waiting, frontend)
	if route != nil {
		if err := fits(frontend, route); err != nil {
			return err
		}
		if !d.family(frontend).has(frontend) && d.used() >= d.config.MaxFrontends {
			d.waiting[frontend] = *route
			return nil
		}
	}
	return d.write(frontend, route)
}

// write makes a route the decision about a frontend; nil removes it.
func (d *Datapath) write(frontend routes.Frontend, route *routes.Route) error {
	over, err := d.open.begin(frontend, route)
	if err != nil {
		return err
	}
	if route == nil {
		err = d.family(frontend).remove(frontend)
	} else {
		err = d.family(frontend).put(frontend, route)
	}
	if err != nil {
		return err
	}
	return d.open.end(over)
}

// placeWaiting gives room that there is to what waits for it.
func (d *Datapath) placeWaiting() error {
	if len(d.waiting) == 0 || d.used() >= d.config.MaxFrontends {
		return nil
	}
	frontends := slices.SortedFunc(maps.Keys(d.waiting), compare)
	for _, frontend := range frontends[:min(len(frontends), d.config.MaxFrontends-d.used())] {
		route := d.waiting[frontend]
		if err := d.write(frontend, &route); err != nil {
			return err
		}
		delete(d.waiting, frontend)
	}
	return nil
}

// family is the table of a frontend.
func (d *Datapath) family(frontend routes.Frontend) interface {
	has(routes.Frontend) bool
	put(routes.Frontend, *routes.Route) error
	remove(routes.Frontend) error
} {
	if frontend.Addr.Is4() {
		return &d.v4
	}
	return &d.v6
}

func (d *Datapath) used() int { return len(d.v4.placed) + len(d.v6.placed) }

// Size implements [datapath.Datapath]. The capacity is of both families together.
func (d *Datapath) Size() (used, capacity int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used(), d.config.MaxFrontends
}

// Renew puts the orphan deadline off to Config.OrphanTimeout from now. The agent
// calls it at least four times an OrphanTimeout, from the loop whose health it
// stands for. It may be called at any time.
func (d *Datapath) Renew() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cell == nil {
		return errClosed
	}
	return d.cell.trust(d.config.OrphanTimeout)
}

// Close implements [datapath.Datapath].
func (d *Datapath) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var problem error
	if d.cell != nil {
		problem = d.cell.close()
		d.cell = nil
	}
	return errors.Join(problem, d.programs.Close(), d.kernel.Close())
}
