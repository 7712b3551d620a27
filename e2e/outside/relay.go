package outside

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// FreeAddress is an address of the loopback that nobody listens on. Its port is
// below those that the kernel gives to outgoing connections: on a busy machine
// one of those is taken before a program gets to listen on it.
func FreeAddress(t testing.TB) string {
	t.Helper()
	const tries = 100
	for range tries {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000)))
		if err != nil {
			continue
		}
		defer listener.Close()
		return listener.Addr().String()
	}
	t.Fatalf("none of %d ports was free", tries)
	return ""
}

// Relay listens on the loopback of the control plane's network, which is not the
// host's, and passes on to an address of the host's until the test ends. It
// returns where the API server finds it.
func Relay(t testing.TB, c *cluster.Cluster, address string) string {
	t.Helper()
	return RelayFrom(t, c, "127.0.0.1", address)
}

// RelayFrom is [Relay] that listens on another address of the control plane: the
// loopback cannot be an endpoint of a Service.
func RelayFrom(t testing.TB, c *cluster.Cluster, from, address string) string {
	t.Helper()
	listener, err := c.ControlPlane().Listen(t.Context(), "tcp", net.JoinHostPort(from, "0"))
	if err != nil {
		t.Fatal(err)
	}
	return Pass(t, listener, address)
}

// Pass passes each connection on to the first of the addresses that answers, until
// the test ends. It returns the listener's address.
func Pass(t testing.TB, listener net.Listener, addresses ...string) string {
	t.Helper()
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(from, addresses)
		}
	}()
	return listener.Addr().String()
}

func pass(from net.Conn, addresses []string) {
	defer from.Close()
	for _, address := range addresses {
		to, err := net.DialTimeout("tcp", address, 10*time.Second)
		if err != nil {
			continue
		}
		defer to.Close()
		go func() {
			_, _ = io.Copy(to, from)
			_ = to.Close()
		}()
		_, _ = io.Copy(from, to)
		return
	}
}
