package nftables

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/nftables"
)

// messageElements is how many elements go into one netlink message: the list is
// an attribute, of which the length has 16 bits, and an element takes up to about
// 120 bytes.
const messageElements = 400

// transaction is what one commit changes: what is deleted goes first, so that an
// element may be replaced.
type transaction struct {
	// recreate says to delete the table, if there is one, and to make it anew.
	recreate bool
	// remove says to delete it and leave it so.
	remove bool
	// trust says to renew the trust in the table.
	trust          bool
	delete, insert []element
}

func (t *transaction) empty() bool {
	return !t.recreate && !t.remove && !t.trust && len(t.delete) == 0 && len(t.insert) == 0
}

// commit sends the transaction to the kernel, which takes all of it or nothing.
func (d *Datapath) commit(t transaction) error {
	if t.empty() {
		return nil
	}
	l := d.layout
	if t.recreate || t.remove {
		d.conn.AddTable(l.table) // So that there is one to delete.
		d.conn.DelTable(l.table)
	}
	if t.recreate {
		if err := d.create(); err != nil {
			return err
		}
	}
	for _, batch := range batches(t.delete) {
		if err := d.conn.SetDeleteElements(l.sets[batch.set], batch.elements); err != nil {
			return fmt.Errorf("writing elements to delete: %w", err)
		}
	}
	for _, batch := range batches(t.insert) {
		if err := d.conn.SetAddElements(l.sets[batch.set], batch.elements); err != nil {
			return fmt.Errorf("writing elements to add: %w", err)
		}
	}
	if t.trust {
		if err := d.renew(t.recreate); err != nil {
			return err
		}
	}
	if err := d.conn.Flush(); err != nil {
		return fmt.Errorf("committing to nf_tables: %w", err)
	}
	return nil
}

// create queues the table, empty.
func (d *Datapath) create() error {
	l := d.layout
	d.conn.AddTable(l.table)
	sets := slices.SortedFunc(maps.Values(l.sets), func(a, b *nftables.Set) int { return int(a.ID) - int(b.ID) })
	for _, set := range append(sets, l.trust) {
		if err := d.conn.AddSet(set, nil); err != nil {
			return fmt.Errorf("writing set %s: %w", set.Name, err)
		}
	}
	for _, chain := range l.chains {
		d.conn.AddChain(chain)
	}
	for _, rule := range l.rules {
		d.conn.AddRule(rule)
	}
	return nil
}

// renew queues the trusted element. There is no way to prolong one before Linux
// 6.13: it is replaced.
func (d *Datapath) renew(fresh bool) error {
	element := []nftables.SetElement{{Key: trusted, Timeout: d.orphanTimeout}}
	if !fresh {
		// Adding it first makes sure that there is one to delete.
		if err := d.conn.SetAddElements(d.layout.trust, element); err != nil {
			return fmt.Errorf("writing trust: %w", err)
		}
		if err := d.conn.SetDeleteElements(d.layout.trust, element); err != nil {
			return fmt.Errorf("writing trust: %w", err)
		}
	}
	if err := d.conn.SetAddElements(d.layout.trust, element); err != nil {
		return fmt.Errorf("writing trust: %w", err)
	}
	return nil
}

// batch is elements of one set that fit one message.
type batch struct {
	set      setID
	elements []nftables.SetElement
}

func batches(elements []element) []batch {
	open := map[setID]int{}
	var all []batch
	for _, e := range elements {
		i, ok := open[e.set]
		if !ok || len(all[i].elements) == messageElements {
			i = len(all)
			open[e.set] = i
			all = append(all, batch{set: e.set})
		}
		all[i].elements = append(all[i].elements, nftables.SetElement{Key: []byte(e.key), Val: []byte(e.value)})
	}
	return all
}
