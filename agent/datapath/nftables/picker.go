package nftables

import (
	"fmt"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// picker chooses among backends. Its value is the first slot of its range in the
// map of decisions, which has an element a slot.
type picker uint32

const (
	random     picker = 0   // 16·n + i for backend i of n > 1.
	single     picker = 1   // The only one.
	roundRobin picker = 256 // 256 + 16·n + i.
	sticky     picker = 512 // 512 + the client's address, hashed.
)

// stickySlots are shared out among the backends of a sticky frontend: enough that
// eight have 4 each.
const stickySlots = 32

// pick is what one rule looks for: a picker's slots for n backends of a class.
type pick struct {
	class  class
	picker picker
	n      uint32
}

// String is the comment of the rule.
func (p pick) String() string {
	names := map[picker]string{random: "random", single: "single", roundRobin: "round-robin", sticky: "sticky"}
	return fmt.Sprintf("%s: %s of %d", p.class, names[p.picker], p.n)
}

// first is the first slot. Local backends and fallback have a range each.
func (p pick) first() uint32 {
	first := uint32(p.picker)
	if p.picker == random || p.picker == roundRobin {
		first += 16 * p.n
	}
	if p.class == fallback {
		first += 1024
	}
	return first
}

// slot computes the slot into a register.
func (p pick) slot(a addressing, into uint32) []expr.Any {
	switch p.picker {
	case random:
		return []expr.Any{&expr.Numgen{Register: into, Modulus: p.n, Type: unix.NFT_NG_RANDOM, Offset: p.first()}}
	case roundRobin:
		return []expr.Any{&expr.Numgen{Register: into, Modulus: p.n, Type: unix.NFT_NG_INCREMENTAL, Offset: p.first()}}
	case sticky:
		source := register(16 - a.registers()) // Behind the key.
		return []expr.Any{
			&expr.Payload{DestRegister: source, Base: expr.PayloadBaseNetworkHeader, Offset: a.source, Len: a.width},
			// The seed is fixed, or a restart would move every client.
			&expr.Hash{SourceRegister: source, DestRegister: into, Length: a.width, Modulus: p.n, Seed: 1, Offset: p.first(), Type: expr.HashTypeJenkins},
		}
	default:
		return []expr.Any{&expr.Immediate{Register: into, Data: integer(nil, p.first())}}
	}
}
