package call

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls below block without telling the Go scheduler: it would take
// the processor away from the thread after 20 µs and give it back later, which
// is as long as what is measured. The price is that a collection of garbage waits
// for them, so none may start.

// socket is a blocking socket.
type socket uintptr

// sockaddr is an address as the kernel wants it.
type sockaddr struct {
	raw    [unix.SizeofSockaddrUnix]byte
	length uintptr
	family int
}

func (t target) sockaddr() *sockaddr {
	s := &sockaddr{}
	if t.unix != "" {
		s.family = unix.AF_UNIX
		binary.NativeEndian.PutUint16(s.raw[:], unix.AF_UNIX)
		s.length = uintptr(2 + copy(s.raw[2:len(s.raw)-1], t.unix) + 1)
		return s
	}
	s.family = unix.AF_INET
	binary.NativeEndian.PutUint16(s.raw[:], unix.AF_INET)
	binary.BigEndian.PutUint16(s.raw[2:], t.inet.Port())
	ip := t.inet.Addr().As4()
	copy(s.raw[4:], ip[:])
	s.length = unix.SizeofSockaddrInet4
	return s
}

// open makes a socket for an address; no call on it takes longer than the limit.
func open(family int, limit time.Duration) (socket, error) {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := prepare(fd, family, limit); err != nil {
		_ = unix.Close(fd)
		return 0, err
	}
	return socket(fd), nil
}

func prepare(fd, family int, limit time.Duration) error {
	bound := unix.NsecToTimeval(limit.Nanoseconds())
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, option, &bound); err != nil {
			return err
		}
	}
	if family == unix.AF_UNIX {
		return nil
	}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
}

func (s socket) connect(to *sockaddr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(s), uintptr(unsafe.Pointer(&to.raw)), to.length)
	return errno
}

// exchange sends what is in buffer and waits until as much has come back.
func (s socket) exchange(buffer []byte) unix.Errno {
	if errno := s.send(buffer); errno != 0 {
		return errno
	}
	for len(buffer) > 0 {
		n, errno := s.receive(buffer)
		switch {
		case errno != 0:
			return errno
		case n == 0:
			return unix.ECONNRESET
		}
		buffer = buffer[n:]
	}
	return 0
}

func (s socket) send(buffer []byte) unix.Errno {
	for len(buffer) > 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), unix.MSG_NOSIGNAL, 0, 0)
		if errno != 0 {
			return errno
		}
		buffer = buffer[n:]
	}
	return 0
}

func (s socket) receive(buffer []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), 0, 0, 0)
	return int(n), errno
}

func (s socket) close() { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(s), 0, 0) }

// Now is the machine's CLOCK_MONOTONIC in nanoseconds: what all processes of one
// machine agree on.
func Now() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}
