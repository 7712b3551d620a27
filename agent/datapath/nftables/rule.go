package nftables

import (
	"encoding/binary"

	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// register is one of the 16 registers of 4 bytes that a rule computes in
// (NFT_REG32_00 and on). A concatenation is registers in a row.
func register(i uint32) uint32 { return unix.NFT_REG32_00 + i }

// rejectICMPX and portUnreachable: NFT_REJECT_ICMPX_UNREACH is ICMP or ICMPv6 as
// the packet needs.
const (
	rejectReset     = unix.NFT_REJECT_TCP_RST
	rejectICMPX     = unix.NFT_REJECT_ICMPX_UNREACH
	portUnreachable = unix.NFT_REJECT_ICMPX_PORT_UNREACH
)

// addressing is where a family's addresses are in a packet.
type addressing struct {
	nfproto                    byte
	source, destination, width uint32
}

func (f family) addressing() addressing {
	if f == 4 {
		return addressing{nfproto: unix.NFPROTO_IPV4, source: 12, destination: 16, width: 4}
	}
	return addressing{nfproto: unix.NFPROTO_IPV6, source: 8, destination: 24, width: 16}
}

// registers is how many an address fills.
func (a addressing) registers() uint32 { return a.width / 4 }

func ruleComment(text string) []byte {
	return userdata.AppendString(nil, userdata.TypeComment, text)
}

// passMarked leaves alone what a probe of the cluster's proxy sends.
func passMarked() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyMARK, Register: register(0)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register(0), Data: integer(nil, datapath.BypassMark)},
		&expr.Verdict{Kind: expr.VerdictReturn},
	}
}

// trusted is the one element of the set trust.
var trusted = integer(nil, 1)

// passOrphaned leaves everything alone once the element has run out.
func (l *layout) passOrphaned() []expr.Any {
	return []expr.Any{
		&expr.Immediate{Register: register(0), Data: trusted},
		&expr.Lookup{SourceRegister: register(0), SetName: l.trust.Name, SetID: l.trust.ID, Invert: true},
		&expr.Verdict{Kind: expr.VerdictReturn},
	}
}

// load puts the frontend that a packet calls into registers from 0 on, laid out
// like frontendKey.
func load(fam family) []expr.Any {
	a := fam.addressing()
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: register(0)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register(0), Data: []byte{a.nfproto}},
		&expr.Payload{DestRegister: register(0), Base: expr.PayloadBaseNetworkHeader, Offset: a.destination, Len: a.width},
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register(a.registers())},
		// TCP, UDP and SCTP have the destination port in the same place.
		&expr.Payload{DestRegister: register(a.registers() + 1), Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
	}
}

// frontend matches packets to frontends of ours.
func (l *layout) frontend(fam family) []expr.Any {
	set := l.sets[setID{claimed, fam}]
	return append(load(fam), &expr.Lookup{SourceRegister: register(0), SetName: set.Name, SetID: set.ID})
}

// count adds to the frontend's total of a class. It is a match as well: a
// frontend that is no longer ours has no total, and is left alone.
func (l *layout) count(fam family, c class) []expr.Any {
	set := l.sets[setID{flows, fam}]
	return []expr.Any{
		&expr.Immediate{Register: register(fam.addressing().registers() + 2), Data: integer(nil, uint32(c))},
		&expr.Lookup{SourceRegister: register(0), SetName: set.Name, SetID: set.ID},
	}
}

// translate is a rule that looks for a backend in the slots of one picker, counts
// the flow and sends it there.
func (l *layout) translate(fam family, p pick) []expr.Any {
	a := fam.addressing()
	set := l.sets[setID{decisions, fam}]
	const backend = 8 // Behind the key: address and port.
	rule := append(load(fam), p.slot(a, register(a.registers()+2))...)
	rule = append(rule, &expr.Lookup{SourceRegister: register(0), DestRegister: register(backend), IsDestRegSet: true, SetName: set.Name, SetID: set.ID})
	rule = append(rule, l.count(fam, p.class)...)
	return append(rule, &expr.NAT{
		Type: expr.NATTypeDestNAT, Family: uint32(a.nfproto), Specified: true,
		RegAddrMin: register(backend), RegProtoMin: register(backend + a.registers()),
	})
}

// deny is a rule that refuses or discards what is denied to be of a class.
func (l *layout) deny(fam family, c class, protocol routes.Protocol, verdict expr.Any) []expr.Any {
	set := l.sets[setID{denials, fam}]
	var rule []expr.Any
	if protocol != 0 {
		rule = append(rule,
			&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register(0)},
			&expr.Cmp{Op: expr.CmpOpEq, Register: register(0), Data: []byte{byte(protocol)}})
	}
	rule = append(rule, load(fam)...)
	rule = append(rule,
		&expr.Immediate{Register: register(fam.addressing().registers() + 2), Data: integer(nil, uint32(c))},
		&expr.Lookup{SourceRegister: register(0), SetName: set.Name, SetID: set.ID})
	return append(append(rule, l.count(fam, c)...), verdict)
}

// hairpin makes a pod's call to itself come back through the node: the pod would
// otherwise answer itself directly, from an address its client never called.
//
// A flow that the cluster's proxy translated back to its own pod matches too, if
// the pod is one of ours. The proxy would do the same to it.
func (l *layout) hairpin(fam family) []expr.Any {
	a := fam.addressing()
	pairs := l.sets[setID{hairpins, fam}]
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: register(0)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register(0), Data: []byte{a.nfproto}},
		&expr.Payload{DestRegister: register(0), Base: expr.PayloadBaseNetworkHeader, Offset: a.source, Len: a.width},
		&expr.Payload{DestRegister: register(a.registers()), Base: expr.PayloadBaseNetworkHeader, Offset: a.destination, Len: a.width},
		&expr.Lookup{SourceRegister: register(0), SetName: pairs.Name, SetID: pairs.ID},
		&expr.Ct{Key: expr.CtKeySTATUS, Register: register(0)},
		&expr.Bitwise{SourceRegister: register(0), DestRegister: register(0), Len: 4, Mask: integer(nil, statusDestinationNAT), Xor: integer(nil, 0)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: register(0), Data: integer(nil, 0)},
		// A hostNetwork pod that calls itself stays on the loopback interface
		// and needs no help.
		&expr.Meta{Key: expr.MetaKeyOIFTYPE, Register: register(0)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: register(0), Data: binary.NativeEndian.AppendUint16(nil, unix.ARPHRD_LOOPBACK)},
		&expr.Masq{},
	}
}

// statusDestinationNAT is IPS_DST_NAT: the flow's destination was translated.
const statusDestinationNAT = 1 << 5
