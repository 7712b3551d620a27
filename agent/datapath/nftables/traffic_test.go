package nftables

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// How long a client waits before it says that nothing came back: not for long
// where nothing is to come, but for as long as a busy machine may take where
// something is.
const (
	patience = 300 * time.Millisecond
	generous = 10 * time.Second
)

// waitFor is which of them, by what is to come.
func waitFor(want string) time.Duration {
	if want == wasSilent {
		return patience
	}
	return generous
}

// What a call came to, when it was not an answer.
const (
	wasRefused = "refused"
	wasSilent  = "silence"
)

// serve answers on a TCP and a UDP port of a namespace, with name and the
// address that the caller seems to have.
func (s *space) serve(name string, port uint16) {
	s.t.Helper()
	s.in(func() {
		listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			s.must("listening", err)
			return
		}
		s.t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					fmt.Fprintln(conn, name, host(conn.RemoteAddr()))
					io.Copy(io.Discard, conn)
				}()
			}
		}()
		packets, err := net.ListenPacket("udp", fmt.Sprintf(":%d", port))
		if err != nil {
			s.must("listening", err)
			return
		}
		s.t.Cleanup(func() { packets.Close() })
		go func() {
			buffer := make([]byte, 512)
			for {
				_, from, err := packets.ReadFrom(buffer)
				if err != nil {
					return
				}
				packets.WriteTo([]byte(name+" "+host(from)+"\n"), from)
			}
		}()
	})
}

func host(a net.Addr) string {
	return netip.MustParseAddrPort(a.String()).Addr().Unmap().String()
}

// call connects (or sends a datagram) and returns the answer, of which want is
// expected: the server's name and the address that the server saw.
func (s *space) call(want, network, address string, control ...func(network, address string, c syscall.RawConn) error) string {
	s.t.Helper()
	var answer string
	s.in(func() { answer = callHere(network, address, waitFor(want), control...) })
	return answer
}

// callHere is call from the thread's own namespace.
func callHere(network, address string, timeout time.Duration, control ...func(network, address string, c syscall.RawConn) error) string {
	dialer := net.Dialer{Timeout: timeout}
	if len(control) > 0 {
		dialer.Control = control[0]
	}
	conn, err := dialer.Dial(network, address)
	if err != nil {
		return outcome(err)
	}
	defer conn.Close()
	return ask(conn, timeout)
}

// ask gets an answer over a connection that is open.
func ask(conn net.Conn, timeout time.Duration) string {
	conn.SetDeadline(time.Now().Add(timeout))
	if conn.LocalAddr().Network() == "udp" {
		// What the output hook discards or refuses comes back to a process of
		// the node as EPERM first, and then as what it would have been.
		if _, err := conn.Write([]byte("?")); err != nil && !errors.Is(err, syscall.EPERM) {
			return outcome(err)
		}
	}
	buffer := make([]byte, 512)
	n, err := conn.Read(buffer)
	if err != nil {
		return outcome(err)
	}
	return strings.TrimSpace(string(buffer[:n]))
}

func outcome(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return wasRefused
	case errors.As(err, &timeout) && timeout.Timeout():
		return wasSilent
	default:
		return err.Error()
	}
}
