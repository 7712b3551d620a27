package conntrack

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/routes"
)

// State is a TCP connection's, as connection tracking has it (enum
// tcp_conntrack).
type State uint8

// The states that this package tells apart.
const (
	SynSent     State = 1
	Established State = 3
	LastAck     State = 6
	TimeWait    State = 7
	Close       State = 8
)

// Flow is one entry of connection tracking.
type Flow struct {
	Protocol routes.Protocol
	// Client is who sent the first packet, Dialled what it was sent to.
	Client, Dialled netip.AddrPort
	// Backend is who answers: what Dialled was translated to, or Dialled.
	Backend netip.AddrPort
	// State is 0 unless the protocol is TCP.
	State State
	// Answered is whether a packet ever came back.
	Answered bool

	// original and id name the entry to the kernel.
	original []byte
	id       uint32
}

// The attributes, from linux/netfilter/nfnetlink_conntrack.h.
const (
	attrOriginal  = 1 // CTA_TUPLE_ORIG
	attrReply     = 2 // CTA_TUPLE_REPLY
	attrStatus    = 3 // CTA_STATUS
	attrProtoInfo = 4 // CTA_PROTOINFO
	attrID        = 12
	attrFilter    = 25 // CTA_FILTER

	attrTupleIP    = 1
	attrTupleProto = 2

	attrV4Source, attrV4Destination = 1, 2
	attrV6Source, attrV6Destination = 3, 4

	attrProtocol        = 1 // CTA_PROTO_NUM
	attrSourcePort      = 2
	attrDestinationPort = 3

	attrProtoInfoTCP = 1
	attrTCPState     = 1

	attrFilterOriginal = 1 // CTA_FILTER_ORIG_FLAGS

	statusSeenReply = 1 << 1 // IPS_SEEN_REPLY
)

// parseFlow reads one message of a dump.
func parseFlow(message []byte) (Flow, error) {
	var f Flow
	d, err := netlink.NewAttributeDecoder(message[headerSize:])
	if err != nil {
		return f, fmt.Errorf("reading a flow: %w", err)
	}
	d.ByteOrder = binary.BigEndian
	var reply tuple
	for d.Next() {
		switch d.Type() {
		case attrOriginal:
			f.original = d.Bytes()
			var original tuple
			d.Nested(original.decode)
			f.Protocol, f.Client, f.Dialled = original.protocol, original.source, original.destination
		case attrReply:
			d.Nested(reply.decode)
			f.Backend = reply.source
		case attrStatus:
			f.Answered = d.Uint32()&statusSeenReply != 0
		case attrProtoInfo:
			d.Nested(f.decodeState)
		case attrID:
			f.id = d.Uint32()
		}
	}
	if err := d.Err(); err != nil {
		return f, fmt.Errorf("reading a flow: %w", err)
	}
	return f, nil
}

func (f *Flow) decodeState(d *netlink.AttributeDecoder) error {
	for d.Next() {
		if d.Type() != attrProtoInfoTCP {
			continue
		}
		d.Nested(func(d *netlink.AttributeDecoder) error {
			for d.Next() {
				if d.Type() == attrTCPState {
					f.State = State(d.Uint8())
				}
			}
			return nil
		})
	}
	return nil
}

// tuple is one direction of a flow.
type tuple struct {
	protocol            routes.Protocol
	source, destination netip.AddrPort
}

func (t *tuple) decode(d *netlink.AttributeDecoder) error {
	var source, destination netip.Addr
	var from, to uint16
	for d.Next() {
		switch d.Type() {
		case attrTupleIP:
			d.Nested(func(d *netlink.AttributeDecoder) error {
				for d.Next() {
					switch a, _ := netip.AddrFromSlice(d.Bytes()); d.Type() {
					case attrV4Source, attrV6Source:
						source = a
					case attrV4Destination, attrV6Destination:
						destination = a
					}
				}
				return nil
			})
		case attrTupleProto:
			d.Nested(func(d *netlink.AttributeDecoder) error {
				for d.Next() {
					switch d.Type() {
					case attrProtocol:
						t.protocol = routes.Protocol(d.Uint8())
					case attrSourcePort:
						from = d.Uint16()
					case attrDestinationPort:
						to = d.Uint16()
					}
				}
				return nil
			})
		}
	}
	t.source, t.destination = netip.AddrPortFrom(source, from), netip.AddrPortFrom(destination, to)
	return nil
}

// headerSize is that of struct nfgenmsg: family, version, resource.
const headerSize = 4

func header(family uint8) []byte { return []byte{family, unix.NFNETLINK_V0, 0, 0} }
