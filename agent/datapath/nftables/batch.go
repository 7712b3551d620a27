package nftables

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// batch is the messages of one transaction, as they go to the kernel. It is
// written straight into one buffer: as trees of attributes, 10,000 frontends
// would take 50 MB on the way.
type batch struct {
	buffer []byte
	count  uint32
	last   int // Where the last message starts.
}

// attributeLimit keeps a list below the 64 KiB that an attribute's length can say,
// with room for one more element.
const attributeLimit = 1<<16 - 512

func newBatch() *batch {
	b := &batch{}
	b.begin(unix.NFNL_MSG_BATCH_BEGIN, 0, 0, unix.NFNL_SUBSYS_NFTABLES)()
	return b
}

// message starts a message about our table; its attributes follow until the
// returned function is called.
func (b *batch) message(kind, flags uint16) (end func()) {
	return b.begin(unix.NFNL_SUBSYS_NFTABLES<<8|kind, flags, unix.NFPROTO_INET, 0)
}

func (b *batch) begin(kind, flags uint16, family byte, resource uint16) (end func()) {
	start := len(b.buffer)
	b.last, b.count = start, b.count+1
	b.buffer = append(b.buffer, 0, 0, 0, 0)
	b.buffer = binary.NativeEndian.AppendUint16(b.buffer, kind)
	b.buffer = binary.NativeEndian.AppendUint16(b.buffer, unix.NLM_F_REQUEST|flags)
	b.buffer = binary.NativeEndian.AppendUint32(b.buffer, b.count) // The sequence number.
	b.buffer = append(b.buffer, 0, 0, 0, 0, family, unix.NFNETLINK_V0)
	b.buffer = binary.BigEndian.AppendUint16(b.buffer, resource)
	return func() { binary.NativeEndian.PutUint32(b.buffer[start:], uint32(len(b.buffer)-start)) }
}

// nest starts an attribute of attributes.
func (b *batch) nest(kind uint16) (end func()) {
	start := len(b.buffer)
	b.buffer = append(b.buffer, 0, 0)
	b.buffer = binary.NativeEndian.AppendUint16(b.buffer, kind|unix.NLA_F_NESTED)
	return func() { binary.NativeEndian.PutUint16(b.buffer[start:], uint16(len(b.buffer)-start)) }
}

func (b *batch) bytes(kind uint16, data []byte) { put(b, kind, data) }

func (b *batch) text(kind uint16, s string) { put(b, kind, s+"\x00") }

func (b *batch) number(kind uint16, n uint32) { put(b, kind, binary.BigEndian.AppendUint32(nil, n)) }

// value is data as set elements have it, one level down.
func (b *batch) value(kind uint16, data string) {
	end := b.nest(kind)
	put(b, unix.NFTA_DATA_VALUE, data)
	end()
}

func put[T []byte | string](b *batch, kind uint16, data T) {
	b.buffer = binary.NativeEndian.AppendUint16(b.buffer, uint16(unix.NLA_HDRLEN+len(data)))
	b.buffer = binary.NativeEndian.AppendUint16(b.buffer, kind)
	b.buffer = append(b.buffer, data...)
	for len(b.buffer)%unix.NLA_ALIGNTO != 0 {
		b.buffer = append(b.buffer, 0)
	}
}

// writer is a netlink socket to write through. It stays in the network namespace
// that it was made in.
type writer struct {
	fd int
}

func newWriter() (*writer, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("connecting to nf_tables: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer); err != nil {
		return nil, errors.Join(fmt.Errorf("making room for transactions (it takes CAP_NET_ADMIN): %w", err), unix.Close(fd))
	}
	return &writer{fd: fd}, nil
}

// sendBuffer is room for a transaction of some 500,000 frontends. It is a bound:
// memory is taken as it is used.
const sendBuffer = 256 << 20

// errNoAnswer means that the kernel did not say what became of a transaction.
var errNoAnswer = errors.New("the kernel did not answer")

// commit sends a batch. The kernel works it off before the call returns, so that
// all of its answers are there by then; the first that is an error is returned.
func (w *writer) commit(b *batch) error {
	// An answer to the last message will do: errors are answered unasked.
	flags := binary.NativeEndian.Uint16(b.buffer[b.last+6:])
	binary.NativeEndian.PutUint16(b.buffer[b.last+6:], flags|unix.NLM_F_ACK)
	asked := b.count
	b.begin(unix.NFNL_MSG_BATCH_END, 0, 0, unix.NFNL_SUBSYS_NFTABLES)()
	if err := unix.Sendto(w.fd, b.buffer, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("sending a transaction of %d bytes: %w", len(b.buffer), err)
	}
	result := errNoAnswer
	answer := make([]byte, dumpBuffer)
	for {
		n, _, err := unix.Recvfrom(w.fd, answer, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, unix.EAGAIN) {
			return result
		}
		if err != nil {
			return fmt.Errorf("reading what became of a transaction: %w", err)
		}
		const errno = unix.NLMSG_HDRLEN
		if n < errno+4 || binary.NativeEndian.Uint16(answer[4:]) != unix.NLMSG_ERROR {
			continue
		}
		code := int32(binary.NativeEndian.Uint32(answer[errno:]))
		switch sequence := binary.NativeEndian.Uint32(answer[8:]); {
		case code != 0 && errors.Is(result, errNoAnswer), code != 0 && result == nil:
			result = fmt.Errorf("message %d of %d: %w", sequence, b.count, unix.Errno(-code))
		case code == 0 && sequence == asked && errors.Is(result, errNoAnswer):
			result = nil
		}
	}
}
