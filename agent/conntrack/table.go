package conntrack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/routes"
)

const (
	messageGet    = netlink.HeaderType(unix.NFNL_SUBSYS_CTNETLINK<<8 | 1) // IPCTNL_MSG_CT_GET
	messageDelete = netlink.HeaderType(unix.NFNL_SUBSYS_CTNETLINK<<8 | 2) // IPCTNL_MSG_CT_DELETE
)

// Table is the connection tracking of the network namespace it was opened in.
type Table struct {
	conn *netlink.Conn
}

// Open connects to the kernel.
func Open() (*Table, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, &netlink.Config{MessageBufferSize: 32 << 10}) // The most that a part of a dump has.
	if err != nil {
		return nil, fmt.Errorf("connecting to connection tracking: %w", err)
	}
	return &Table{conn: conn}, nil
}

// Close lets go.
func (t *Table) Close() error {
	if err := t.conn.Close(); err != nil {
		return fmt.Errorf("disconnecting from connection tracking: %w", err)
	}
	return nil
}

// Filter says which flows to list. The kernel does the filtering.
type Filter struct {
	Protocol routes.Protocol
	// V6 says which family.
	V6 bool
	// Dialled is what the client called; the zero value for anything. Of IPv6
	// only the port is compared: the kernel's filter on an IPv6 address returns
	// everything but that address (ctnetlink_filter_match_tuple, seen on 6.18).
	Dialled netip.AddrPort
}

// To is the filter for flows to one frontend.
func To(f routes.Frontend) Filter {
	return Filter{Protocol: f.Protocol, V6: f.Addr.Is6(), Dialled: netip.AddrPortFrom(f.Addr, f.Port)}
}

// The parts of a tuple to filter by (net/netfilter/nf_internals.h; not in the
// kernel's exported headers, but libnetfilter_conntrack has them too).
const (
	filterDestination     = 1 << 1
	filterProtocol        = 1 << 3
	filterDestinationPort = 1 << 5
)

// List returns the flows that match. It is a dump: what changes meanwhile may or
// may not be in it.
func (t *Table) List(filter Filter) ([]Flow, error) {
	request, err := filter.request()
	if err != nil {
		return nil, fmt.Errorf("writing a filter: %w", err)
	}
	replies, err := t.conn.Execute(netlink.Message{
		Header: netlink.Header{Type: messageGet, Flags: netlink.Request | netlink.Dump},
		Data:   request,
	})
	if err != nil {
		return nil, fmt.Errorf("listing flows: %w", err)
	}
	flows := make([]Flow, 0, len(replies))
	for _, reply := range replies {
		flow, err := parseFlow(reply.Data)
		if err != nil {
			return nil, err
		}
		flows = append(flows, flow)
	}
	return flows, nil
}

func (f Filter) request() ([]byte, error) {
	family := uint8(unix.AF_INET)
	if f.V6 {
		family = unix.AF_INET6
	}
	flags := uint32(filterProtocol)
	e := netlink.NewAttributeEncoder()
	e.ByteOrder = binary.BigEndian
	e.Nested(attrOriginal, func(e *netlink.AttributeEncoder) error {
		if f.Dialled.IsValid() {
			flags |= filterDestinationPort
		}
		if f.Dialled.IsValid() && !f.V6 {
			flags |= filterDestination
			e.Nested(attrTupleIP, func(e *netlink.AttributeEncoder) error {
				e.Bytes(attrV4Destination, f.Dialled.Addr().AsSlice())
				return nil
			})
		}
		e.Nested(attrTupleProto, func(e *netlink.AttributeEncoder) error {
			e.Uint8(attrProtocol, uint8(f.Protocol))
			if f.Dialled.IsValid() {
				e.Uint16(attrDestinationPort, f.Dialled.Port())
			}
			return nil
		})
		return nil
	})
	e.Nested(attrFilter, func(e *netlink.AttributeEncoder) error {
		e.Bytes(attrFilterOriginal, binary.NativeEndian.AppendUint32(nil, flags))
		return nil
	})
	attributes, err := e.Encode()
	return append(header(family), attributes...), err
}

// Delete deletes a flow that List returned, and no other that took its place. It
// returns nil if the flow is gone already.
func (t *Table) Delete(f Flow) error {
	family := uint8(unix.AF_INET)
	if f.Dialled.Addr().Is6() {
		family = unix.AF_INET6
	}
	attributes, err := netlink.MarshalAttributes([]netlink.Attribute{
		{Type: attrOriginal | netlink.Nested, Data: f.original},
		{Type: attrID, Data: binary.BigEndian.AppendUint32(nil, f.id)},
	})
	if err != nil {
		return fmt.Errorf("writing a flow: %w", err)
	}
	_, err = t.conn.Execute(netlink.Message{
		Header: netlink.Header{Type: messageDelete, Flags: netlink.Request | netlink.Acknowledge},
		Data:   append(header(family), attributes...),
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("deleting the flow from %s to %s: %w", f.Client, f.Dialled, err)
	}
	return nil
}
