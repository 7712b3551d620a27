package proxycheck

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath"
)

// attempt is one connection that was tried. Package net would do, but it forgets
// this end of a connection that failed, by which its flow is found.
type attempt struct {
	fd int
	// from is this end of it.
	from netip.AddrPort
	// err is nil if it was accepted, an errno, or os.ErrDeadlineExceeded.
	err error
}

// connect tries a connection past our own datapaths. The caller closes it. The
// error is about the trying: the socket or its mark.
func connect(ctx context.Context, to netip.AddrPort, timeout time.Duration) (*attempt, error) {
	family, target := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: int(to.Port())})
	if to.Addr().Is6() {
		family, target = unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	} else {
		target.(*unix.SockaddrInet4).Addr = to.Addr().As4()
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("making a socket: %w", err)
	}
	a := &attempt{fd: fd}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, datapath.BypassMark); err != nil {
		a.close()
		return nil, fmt.Errorf("marking a socket (it takes CAP_NET_ADMIN): %w", err)
	}
	a.err = unix.Connect(fd, target)
	// The address is chosen by now, and forgotten when the connection fails.
	if err := a.look(); err != nil {
		a.close()
		return nil, err
	}
	if errors.Is(a.err, unix.EINPROGRESS) {
		a.err = a.wait(ctx, timeout)
	}
	return a, nil
}

func (a *attempt) look() error {
	local, err := unix.Getsockname(a.fd)
	if err != nil {
		return fmt.Errorf("reading the port: %w", err)
	}
	switch local := local.(type) {
	case *unix.SockaddrInet4:
		a.from = netip.AddrPortFrom(netip.AddrFrom4(local.Addr), uint16(local.Port))
	case *unix.SockaddrInet6:
		a.from = netip.AddrPortFrom(netip.AddrFrom16(local.Addr), uint16(local.Port))
	}
	return nil
}

// wait waits for the connection, in steps, to notice when ctx ends.
func (a *attempt) wait(ctx context.Context, timeout time.Duration) error {
	const step = 50 * time.Millisecond
	for end := time.Now().Add(timeout); ; {
		left := min(step, time.Until(end))
		if left <= 0 || ctx.Err() != nil {
			return os.ErrDeadlineExceeded
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLOUT}}, int(left.Milliseconds())+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if n > 0 {
			code, err := unix.GetsockoptInt(a.fd, unix.SOL_SOCKET, unix.SO_ERROR)
			if err == nil && code != 0 {
				err = unix.Errno(code)
			}
			return err
		}
	}
}

// close resets the connection: nobody is to wait for what will not be said.
func (a *attempt) close() {
	_ = unix.SetsockoptLinger(a.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	_ = unix.Close(a.fd)
}
