package nftables

import (
	"encoding/binary"
	"fmt"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// dumpBuffer is the most that the kernel puts into one part of a dump. The kernel
// finds the place to go on by counting from the start, so that a dump in small
// parts takes time by the square of the set: 48 s for 100,000 elements in parts
// of 4 KiB.
const dumpBuffer = 32 << 10

// reader reads sets. It is for one caller at a time.
type reader struct {
	conn *netlink.Conn
}

func newReader() (*reader, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, &netlink.Config{MessageBufferSize: dumpBuffer})
	if err != nil {
		return nil, fmt.Errorf("connecting to nf_tables: %w", err)
	}
	return &reader{conn: conn}, nil
}

// each calls f for every element of a set. What f is given is only its own until
// it returns. A set that changes meanwhile may be seen partly before and
// partly after.
func (r *reader) each(set *nftables.Set, f func(key, value []byte, packets uint64)) error {
	data := []byte{byte(set.Table.Family), unix.NFNETLINK_V0, 0, 0}
	names, err := netlink.MarshalAttributes([]netlink.Attribute{
		{Type: unix.NFTA_SET_ELEM_LIST_TABLE, Data: append([]byte(set.Table.Name), 0)},
		{Type: unix.NFTA_SET_ELEM_LIST_SET, Data: append([]byte(set.Name), 0)},
	})
	if err != nil {
		return fmt.Errorf("writing a request: %w", err)
	}
	messages, err := r.conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_GETSETELEM, Flags: netlink.Request | netlink.Dump},
		Data:   append(data, names...),
	})
	if err != nil {
		return fmt.Errorf("listing set %s: %w", set.Name, err)
	}
	for _, message := range messages {
		if len(message.Data) < len(data) {
			continue
		}
		for _, e := range attributes(attribute(message.Data[len(data):], unix.NFTA_SET_ELEM_LIST_ELEMENTS)) {
			f(parseElement(e))
		}
	}
	return nil
}

func parseElement(b []byte) (key, value []byte, packets uint64) {
	for kind, data := range attributes(b) {
		switch kind {
		case unix.NFTA_SET_ELEM_KEY:
			key = attribute(data, unix.NFTA_DATA_VALUE)
		case unix.NFTA_SET_ELEM_DATA:
			value = attribute(data, unix.NFTA_DATA_VALUE)
		case unix.NFTA_SET_ELEM_EXPR:
			// The only expression that elements of ours have is a counter.
			if count := attribute(attribute(data, unix.NFTA_EXPR_DATA), unix.NFTA_COUNTER_PACKETS); len(count) == 8 {
				packets = binary.BigEndian.Uint64(count)
			}
		}
	}
	return key, value, packets
}
