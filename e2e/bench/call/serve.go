package call

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a server waits for a client's next byte: it serves one
// connection at a time, so a client that was killed must not keep it.
const patience = 2 * time.Second

// ServeEcho sends back what it is sent, at an IPv4 address or a Unix socket, one
// connection after the other. It returns only if it cannot go on.
func ServeEcho(address string) error {
	to, err := parseTarget(address)
	if err != nil {
		return err
	}
	listener, err := listen(to)
	if err != nil {
		return fmt.Errorf("listen at %s: %w", address, err)
	}
	restore, err := settle()
	if err != nil {
		return err
	}
	defer restore()
	buffer := make([]byte, 64<<10)
	for {
		// This may block for ever, so the scheduler is told of it.
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			bound := unix.NsecToTimeval(patience.Nanoseconds())
			_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &bound)
			socket(fd).echo(buffer)
		case unix.EINTR, unix.ECONNABORTED:
		default:
			return fmt.Errorf("accept at %s: %w", address, err)
		}
	}
}

// echo answers until the client has gone, however it went.
func (s socket) echo(buffer []byte) {
	defer s.close()
	for {
		n, errno := s.receive(buffer)
		if errno != 0 || n == 0 || s.send(buffer[:n]) != 0 {
			return
		}
	}
}

func listen(to target) (int, error) {
	address := unix.Sockaddr(&unix.SockaddrUnix{Name: to.unix})
	family := unix.AF_UNIX
	if to.unix == "" {
		family = unix.AF_INET
		address = &unix.SockaddrInet4{Port: int(to.inet.Port()), Addr: to.inet.Addr().As4()}
	} else if err := os.Remove(to.unix); err != nil && !os.IsNotExist(err) {
		return 0, err
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if family == unix.AF_INET {
		// What is accepted inherits it.
		if err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err == nil {
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
	}
	if err == nil {
		err = unix.Bind(fd, address)
	}
	if err == nil {
		err = unix.Listen(fd, 1024)
	}
	if err != nil {
		_ = unix.Close(fd)
		return 0, err
	}
	return fd, nil
}
