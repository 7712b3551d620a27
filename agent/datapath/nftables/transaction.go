package nftables

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

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

// commit sends the transaction to the kernel, which takes all of it or nothing.
func (d *Datapath) commit(t transaction) error {
	b, l := newBatch(), d.layout
	if t.recreate || t.remove {
		l.add(b) // So that there is one to delete.
		l.remove(b)
	}
	if t.recreate {
		if err := l.create(b); err != nil {
			return err
		}
	}
	l.write(b, unix.NFT_MSG_DELSETELEM, 0, t.delete)
	l.write(b, unix.NFT_MSG_NEWSETELEM, unix.NLM_F_CREATE, t.insert)
	if t.trust {
		l.renew(b, d.orphanTimeout)
	}
	if err := d.writer.commit(b); err != nil {
		return fmt.Errorf("committing to nf_tables: %w", err)
	}
	return nil
}

// write writes elements, as many of a set to a message as its list can hold. It
// sorts them by set.
func (l *layout) write(b *batch, kind, flags uint16, elements []element) {
	slices.SortFunc(elements, func(a, b element) int {
		return cmp.Or(cmp.Compare(a.set.name, b.set.name), cmp.Compare(a.set.family, b.set.family))
	})
	for len(elements) > 0 {
		set := elements[0].set
		message := b.message(kind, flags)
		b.text(unix.NFTA_SET_ELEM_LIST_TABLE, tableName)
		b.text(unix.NFTA_SET_ELEM_LIST_SET, l.sets[set].Name)
		start, list := len(b.buffer), b.nest(unix.NFTA_SET_ELEM_LIST_ELEMENTS)
		for len(elements) > 0 && elements[0].set == set && len(b.buffer)-start < attributeLimit {
			e := elements[0]
			elements = elements[1:]
			end := b.nest(unix.NFTA_LIST_ELEM)
			b.value(unix.NFTA_SET_ELEM_KEY, e.key)
			if e.value != "" {
				b.value(unix.NFTA_SET_ELEM_DATA, e.value)
			}
			end()
		}
		list()
		message()
	}
}

// renew writes the trusted element anew. There is no way to prolong one before
// Linux 6.13: it is replaced, and adding it first makes sure that there is one.
func (l *layout) renew(b *batch, timeout time.Duration) {
	for _, kind := range []uint16{unix.NFT_MSG_NEWSETELEM, unix.NFT_MSG_DELSETELEM, unix.NFT_MSG_NEWSETELEM} {
		var flags uint16
		if kind == unix.NFT_MSG_NEWSETELEM {
			flags = unix.NLM_F_CREATE
		}
		message := b.message(kind, flags)
		b.text(unix.NFTA_SET_ELEM_LIST_TABLE, tableName)
		b.text(unix.NFTA_SET_ELEM_LIST_SET, l.trust.Name)
		list, e := b.nest(unix.NFTA_SET_ELEM_LIST_ELEMENTS), b.nest(unix.NFTA_LIST_ELEM)
		b.value(unix.NFTA_SET_ELEM_KEY, string(trusted))
		if timeout > 0 && kind == unix.NFT_MSG_NEWSETELEM {
			b.bytes(unix.NFTA_SET_ELEM_TIMEOUT, binary.BigEndian.AppendUint64(nil, uint64(timeout.Milliseconds())))
		}
		e()
		list()
		message()
	}
}
