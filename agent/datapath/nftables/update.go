package nftables

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/conntrack"
	"github.com/inshore-dev/inshore/agent/routes"
)

// Update implements datapath.Datapath: one transaction of as many elements as
// change, whatever the size of the table.
func (d *Datapath) Update(ctx context.Context, changes []routes.Change) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := update{delete: map[element]struct{}{}, insert: map[element]struct{}{}, touched: map[netip.Addr]int{}}
	keep := conntrack.Keep{}
	for _, c := range changes {
		if d.change(&u, c) {
			keep[c.Frontend] = kept(c.Route)
		}
	}
	d.settleHairpins(&u)
	if err := d.apply(u.transaction()); err != nil {
		return err
	}
	d.sweeper.Later(keep)
	return nil
}

// update gathers what changes. A frontend that changes twice in one Update ends
// where the last change takes it.
type update struct {
	delete, insert map[element]struct{}
	// touched are the hairpins before the update.
	touched map[netip.Addr]int
}

// change gathers one change; it returns false if it is none of ours.
func (d *Datapath) change(u *update, c routes.Change) bool {
	before, had := d.frontends[c.Frontend]
	after, wanted := d.decide(c.Frontend, c.Route)
	if !had && !wanted {
		return false
	}
	for _, s := range []state{before, after} {
		for _, backend := range s.backends {
			if _, ok := u.touched[backend.Addr()]; !ok {
				u.touched[backend.Addr()] = d.hairpins[backend.Addr()]
			}
		}
	}
	if had {
		for _, e := range before.elements(nil, c.Frontend) {
			u.remove(e)
		}
		d.hold(before, -1)
	}
	if wanted {
		after.counted |= before.counted // Totals stay as long as the frontend does.
		for _, e := range after.elements(nil, c.Frontend) {
			u.add(e)
		}
		d.hold(after, 1)
		d.frontends[c.Frontend] = after
	} else {
		delete(d.frontends, c.Frontend)
	}
	return true
}

// remove and add cancel each other out: an element on both lists stays.
func (u *update) remove(e element) {
	if _, ok := u.insert[e]; ok {
		delete(u.insert, e)
		return
	}
	u.delete[e] = struct{}{}
}

func (u *update) add(e element) {
	if _, ok := u.delete[e]; ok {
		delete(u.delete, e)
		return
	}
	u.insert[e] = struct{}{}
}

// settleHairpins turns changed counts into elements.
func (d *Datapath) settleHairpins(u *update) {
	for addr, before := range u.touched {
		now := d.hairpins[addr]
		switch {
		case before == 0 && now > 0:
			u.add(hairpin(addr))
		case before > 0 && now == 0:
			u.remove(hairpin(addr))
		}
		if now == 0 {
			delete(d.hairpins, addr)
		}
	}
}

func (u *update) transaction() transaction {
	t := transaction{trust: true}
	for e := range u.delete {
		t.delete = append(t.delete, e)
	}
	for e := range u.insert {
		t.insert = append(t.insert, e)
	}
	return t
}

// apply commits a difference. If the kernel refuses it, something else changed
// our table: it is made anew, at once and as a whole.
func (d *Datapath) apply(t transaction) error {
	if d.dirty || !d.exists || !d.wanted() {
		return d.rebuild()
	}
	err := d.commit(t)
	if err == nil {
		return nil
	}
	d.dirty = true
	d.log.Info("the table is not what it was, making it anew", "table", tableName, "reason", err.Error())
	if again := d.rebuild(); again != nil {
		return fmt.Errorf("making the table anew after %w: %w", err, again)
	}
	return nil
}
