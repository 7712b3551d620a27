package machine

import (
	"context"
	"net"
)

// Listen opens a listener on the machine's network for this process to accept from: a test's own server is
// reachable from the machine with nothing in between.
func (m *Machine) Listen(ctx context.Context, network, address string) (listener net.Listener, err error) {
	err = m.within(func() error {
		listener, err = new(net.ListenConfig).Listen(ctx, network, address)
		return err
	}, "net")
	return listener, err
}

// Dial connects this process to an address as the machine sees it. The address is one of numbers: names are
// looked up elsewhere, and dialing several addresses at once would leave the machine's network.
func (m *Machine) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = m.within(func() error {
		// Without the fallback the dialer stays on this goroutine, and so in the namespace.
		conn, err = (&net.Dialer{FallbackDelay: -1}).DialContext(ctx, network, address)
		return err
	}, "net")
	return conn, err
}
