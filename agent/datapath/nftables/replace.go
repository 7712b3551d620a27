package nftables

import (
	"context"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/conntrack"
	"github.com/inshore-dev/inshore/agent/routes"
)

// Replace implements datapath.Datapath. A table of the same layout is taken over
// by writing only the difference, one of another layout is replaced as a whole;
// both in one transaction, which packets see the whole of or nothing.
func (d *Datapath) Replace(ctx context.Context, table routes.Table) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	keep := conntrack.Keep{}
	d.frontends, d.hairpins = make(map[routes.Frontend]state, len(table)), map[netip.Addr]int{}
	for f, r := range table {
		if s, ok := d.decide(f, &r); ok {
			d.frontends[f] = s
			d.hold(s, 1)
			keep[f] = kept(&r)
		}
	}
	if err := d.takeOver(); err != nil {
		return err
	}
	d.sweeper.Later(keep)
	return nil
}

// takeOver makes the kernel's table what is wanted, whoever left it.
func (d *Datapath) takeOver() error {
	found, err := d.look()
	if err != nil {
		return err
	}
	d.exists = found != absent
	if found != current {
		d.dirty = true
		return d.rebuild()
	}
	t, err := d.difference()
	if err != nil {
		return err
	}
	return d.apply(t)
}

// rebuild makes the table anew from what is wanted.
func (d *Datapath) rebuild() error {
	t := transaction{recreate: true, trust: true}
	if !d.wanted() {
		if !d.exists {
			d.dirty = false
			return nil
		}
		t = transaction{remove: true}
	}
	if t.recreate {
		for f, s := range d.frontends {
			s.counted = s.class.bit()
			d.frontends[f] = s
			t.insert = s.elements(t.insert, f)
		}
		for addr := range d.hairpins {
			t.insert = append(t.insert, hairpin(addr))
		}
	}
	if err := d.commit(t); err != nil {
		return err
	}
	d.dirty, d.exists = false, t.recreate
	return nil
}

// wanted is whether there is to be a table. In Full mode there always is: were it
// the last on the node to translate addresses, taking it away would stop the
// kernel translating the connections that there are.
func (d *Datapath) wanted() bool { return d.mode == Full || len(d.frontends) > 0 }

// difference is between what the kernel has and what is wanted.
func (d *Datapath) difference() (transaction, error) {
	have, err := d.elements()
	if err != nil {
		return transaction{}, err
	}
	t := transaction{trust: true}
	want := func(e element) {
		if _, ok := have[e]; ok {
			delete(have, e)
			return
		}
		t.insert = append(t.insert, e)
	}
	var scratch []element
	for f, s := range d.frontends {
		scratch = s.elements(scratch[:0], f)
		for _, e := range scratch {
			want(e)
		}
	}
	for addr := range d.hairpins {
		want(hairpin(addr))
	}
	for e := range have {
		if e.set.name == flows {
			f, c := parseFlow(e.set.family, e.key)
			if s, ok := d.frontends[f]; ok {
				s.counted |= c.bit()
				d.frontends[f] = s
				continue
			}
		}
		t.delete = append(t.delete, e)
	}
	return t, nil
}

// hold counts a decision's local backends in or out.
func (d *Datapath) hold(s state, by int) {
	if s.class != local {
		return
	}
	for _, backend := range s.backends {
		d.hairpins[backend.Addr()] += by
	}
}
