package machine

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// ForwardFD is the descriptor at which [RunForward] finds its listener.
const ForwardFD = 3

// RunForward accepts on the listener it inherited, which may belong to another network namespace than its
// own, and connects each client to the address as seen from here.
func RunForward(address string) error {
	listener, err := net.FileListener(os.NewFile(ForwardFD, "listener"))
	if err != nil {
		return fmt.Errorf("use the inherited listener: %w", err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go relay(client, address)
	}
}

func relay(client net.Conn, address string) {
	defer client.Close()
	server, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	go copyThenClose(server, client)
	copyThenClose(client, server)
}

// copyThenClose passes on the end of one direction, and leaves the other open: a client may half-close.
func copyThenClose(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if err != nil {
		to.Close()
		from.Close()
		return
	}
	_ = to.(*net.TCPConn).CloseWrite()
}
