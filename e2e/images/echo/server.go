package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
)

// server answers whatever it is asked with its name.
type server struct{ name string }

// bye is the line after which the server closes.
const bye = "bye"

func (s server) serveTCP(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go s.converse(conn)
	}
}

func (s server) converse(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if _, err := fmt.Fprintln(conn, s.name); err != nil || strings.TrimSpace(lines.Text()) == bye {
			return
		}
	}
}

// udpAddresses are where to answer datagrams: at each address of the pod on its own, since an answer from a
// socket that is bound to none gets whichever source address the way back suggests, and a client refuses it.
func udpAddresses(listen, podIPs string) ([]string, error) {
	if podIPs == "" {
		return []string{listen}, nil
	}
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("address to listen at: %w", err)
	}
	var all []string
	for ip := range strings.SplitSeq(podIPs, ",") {
		all = append(all, net.JoinHostPort(ip, port))
	}
	return all, nil
}

func (s server) serveUDP(address string) error {
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	question := make([]byte, 1500)
	for {
		_, client, err := socket.ReadFrom(question)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		// A client that is gone is not our trouble.
		_, _ = socket.WriteTo([]byte(s.name+"\n"), client)
	}
}
