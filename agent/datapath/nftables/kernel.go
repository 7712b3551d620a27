package nftables

import (
	"fmt"
	"slices"

	"github.com/google/nftables"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// connect opens one netlink socket for good: it stays in the network namespace
// that it was made in, whatever thread uses it.
func connect() (*nftables.Conn, error) {
	conn, err := nftables.New(nftables.AsLasting())
	if err != nil {
		return nil, fmt.Errorf("connecting to nf_tables: %w", err)
	}
	return conn, nil
}

// standing is what of our table is in the kernel.
type standing int

const (
	absent standing = iota
	foreign
	current
)

// look finds out whether there is a table of ours, and whether its layout is the
// one that this agent would make: same version, and nobody took rules away.
func (d *Datapath) look() (standing, error) {
	tables, err := d.conn.ListTablesOfFamily(d.layout.table.Family)
	if err != nil {
		return absent, fmt.Errorf("listing tables: %w", err)
	}
	if !slices.ContainsFunc(tables, func(t *nftables.Table) bool { return t.Name == tableName }) {
		return absent, nil
	}
	chains, err := d.conn.ListChainsOfTableFamily(d.layout.table.Family)
	if err != nil {
		return absent, fmt.Errorf("listing chains: %w", err)
	}
	for _, want := range d.layout.chains {
		same := func(c *nftables.Chain) bool { return c.Table.Name == tableName && c.Name == want.Name }
		if !slices.ContainsFunc(chains, same) {
			return foreign, nil
		}
		rules, err := d.conn.GetRules(d.layout.table, want)
		if err != nil {
			return absent, fmt.Errorf("listing rules of %s: %w", want.Name, err)
		}
		wanted := 0
		for _, rule := range d.layout.rules {
			if rule.Chain == want {
				wanted++
			}
		}
		if len(rules) != wanted {
			return foreign, nil
		}
	}
	return current, nil
}

// elements reads every element of ours.
func (d *Datapath) elements() (map[element]struct{}, error) {
	all := map[element]struct{}{}
	d.reading.Lock()
	defer d.reading.Unlock()
	for id, set := range d.layout.sets {
		err := d.reader.each(set, func(key, value []byte, _ uint64) {
			all[element{set: id, key: string(key), value: string(value)}] = struct{}{}
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Counters implements datapath.Datapath. What is counted is flows: packets that
// connection tracking had no entry for. A connection is one; a datagram socket
// that goes on talking to the same frontend is one; each retransmitted SYN to a
// frontend that drops is one, since a dropped packet leaves no entry behind.
func (d *Datapath) Counters() (map[routes.Frontend]datapath.Counters, error) {
	all := map[routes.Frontend]datapath.Counters{}
	if used, _ := d.Size(); used == 0 {
		return all, nil // There may be no table.
	}
	d.reading.Lock()
	defer d.reading.Unlock()
	for _, fam := range []family{4, 6} {
		set := d.layout.sets[setID{flows, fam}]
		err := d.reader.each(set, func(key, _ []byte, packets uint64) {
			f, kind := parseFlow(fam, string(key))
			c := all[f]
			switch kind {
			case local:
				c.Local = packets
			case fallback:
				c.Fallback = packets
			case refused:
				c.Refused = packets
			case dropped:
				c.Dropped = packets
			}
			all[f] = c
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
