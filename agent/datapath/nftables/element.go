package nftables

import (
	"encoding/binary"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/routes"
)

// setName is the name of one of our sets, without the digit of its family.
type setName string

const (
	// claimed has every frontend that is ours. An element stays as it is while
	// the frontend is ours.
	claimed setName = "claimed"
	// decisions maps frontend . slot to the backend's address . port. The slots in
	// use say how to choose, and of which class the backends are.
	decisions setName = "decisions"
	// denials has frontend . class of those that are refused or dropped.
	denials setName = "denials"
	// flows counts per frontend . class. Elements stay while the frontend is
	// ours, whatever is decided, so that totals outlive decisions and restarts.
	flows setName = "flows"
	// hairpins has address . address of each local backend: what a pod's call to
	// itself looks like after translation.
	hairpins setName = "hairpins"
)

// family is 4 or 6.
type family byte

func familyOf(a netip.Addr) family {
	if a.Is4() {
		return 4
	}
	return 6
}

// setID says which set of which family.
type setID struct {
	name   setName
	family family
}

// element is one element of one of our sets, as the kernel has it: every part of
// a concatenation fills whole registers of 4 bytes. Strings, to be map keys.
type element struct {
	set        setID
	key, value string
}

// frontendKey is address . protocol . port.
func frontendKey(f routes.Frontend) []byte {
	key := make([]byte, 0, 32)
	key = append(key, f.Addr.AsSlice()...)
	key = append(key, byte(f.Protocol), 0, 0, 0)
	return append(key, byte(f.Port>>8), byte(f.Port), 0, 0)
}

// parseFlow takes the key of the set flows apart: a frontend and a class.
func parseFlow(fam family, key string) (f routes.Frontend, c class) {
	size := 4
	if fam == 6 {
		size = 16
	}
	f.Addr, _ = netip.AddrFromSlice([]byte(key[:size]))
	f.Protocol = routes.Protocol(key[size])
	f.Port = binary.BigEndian.Uint16([]byte(key[size+4:]))
	return f, class(binary.NativeEndian.Uint32([]byte(key[size+8:])))
}

// Integers of nf_tables, like a packet's mark, are in the machine's byte order.
func integer(key []byte, i uint32) []byte { return binary.NativeEndian.AppendUint32(key, i) }

// elements appends what a frontend's state is made of, but for hairpins, which
// frontends share.
func (s state) elements(to []element, f routes.Frontend) []element {
	fam, key := familyOf(f.Addr), frontendKey(f)
	to = append(to, element{set: setID{claimed, fam}, key: string(key)})
	for c := local; c <= dropped; c++ {
		if s.counted&c.bit() != 0 {
			to = append(to, element{set: setID{flows, fam}, key: string(integer(key, uint32(c)))})
		}
	}
	if s.class == refused || s.class == dropped {
		return append(to, element{set: setID{denials, fam}, key: string(integer(key, uint32(s.class)))})
	}
	first, backends := s.slots()
	for i, backend := range backends {
		value := append(backend.Addr().AsSlice(), byte(backend.Port()>>8), byte(backend.Port()), 0, 0)
		to = append(to, element{set: setID{decisions, fam}, key: string(integer(key, first+uint32(i))), value: string(value)})
	}
	return to
}

func hairpin(a netip.Addr) element {
	once := a.AsSlice()
	return element{set: setID{hairpins, familyOf(a)}, key: string(once) + string(once)}
}
