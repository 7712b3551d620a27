package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// run carries out an order and returns when it is done or ctx ends. A request that is under way then still gets
// all its time: one that hangs must not be forgiven because nobody waited for it.
func (o order) run(ctx context.Context, c *counts) {
	var left atomic.Int64
	left.Store(int64(o.n))
	more := func() bool {
		return ctx.Err() == nil && (o.n == 0 || left.Add(-1) >= 0)
	}
	var workers sync.WaitGroup
	for range o.workers {
		workers.Go(func() { o.work(ctx, more, c) })
	}
	workers.Wait()
}

func (o order) work(ctx context.Context, more func() bool, c *counts) {
	var line conversation
	defer line.close()
	for more() {
		begin := time.Now()
		answer, err := o.ask(&line)
		c.add(begin, time.Since(begin), answer, err)
		if o.pause > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(o.pause):
			}
		}
	}
}

// conversation is what a worker keeps between requests: nothing, but in the modes long and sendto.
type conversation struct {
	net.Conn
	answers *bufio.Reader
	until   time.Time
	// to is set if the socket is not connected.
	to netip.AddrPort
}

func (c *conversation) close() {
	if c.Conn != nil {
		c.Conn.Close()
	}
	*c = conversation{}
}

// ask makes one request. After a failure the next one starts anew, but for an unconnected socket: that it goes on
// from the same port is what it is for.
func (o order) ask(line *conversation) (answer string, err error) {
	deadline := time.Now().Add(o.limit)
	if line.Conn == nil {
		if err := o.open(line, deadline); err != nil {
			return "", err
		}
	}
	answer, err = o.exchange(line, deadline)
	switch {
	case o.mode == modeSendTo:
	case o.mode == modeLong && err == nil && time.Now().Before(line.until):
	default:
		line.close()
	}
	return answer, err
}

func (o order) open(line *conversation, deadline time.Time) (err error) {
	switch o.mode {
	case modeSendTo:
		if line.to, err = netip.ParseAddrPort(o.target); err != nil {
			return err
		}
		line.Conn, err = net.ListenUDP("udp", nil)
	case modeUDP:
		line.Conn, err = (&net.Dialer{Deadline: deadline}).Dial("udp", o.target)
	default:
		line.Conn, err = (&net.Dialer{Deadline: deadline}).Dial("tcp", o.target)
	}
	if err != nil {
		line.Conn = nil
		return err
	}
	line.answers = bufio.NewReader(line)
	line.until = time.Now().Add(o.hold)
	return nil
}

func (o order) exchange(line *conversation, deadline time.Time) (string, error) {
	if err := line.SetDeadline(deadline); err != nil {
		return "", fmt.Errorf("set deadline: %w", err)
	}
	if o.mode == modeSendTo {
		return line.sendTo()
	}
	question := "hello\n"
	if o.mode == modeTCP {
		// The server then closes first, and its side keeps the port waiting, not this one.
		question = "bye\n"
	}
	if _, err := line.Write([]byte(question)); err != nil {
		return "", err
	}
	answer, err := line.answers.ReadString('\n')
	if err != nil {
		return "", err
	}
	if o.mode == modeTCP {
		// To the end, so that the server has closed before this side does.
		if _, err := line.answers.ReadByte(); err == nil {
			return "", fmt.Errorf("the server said more than it was asked")
		}
	}
	return strings.TrimSpace(answer), nil
}

// sendTo asks by one datagram. An answer that does not come from where the question went to is a failure: to a
// client without a connection it comes from a stranger.
func (c *conversation) sendTo() (string, error) {
	socket := c.Conn.(*net.UDPConn)
	if _, err := socket.WriteToUDPAddrPort([]byte("hello\n"), c.to); err != nil {
		return "", err
	}
	answer := make([]byte, 1500)
	n, from, err := socket.ReadFromUDPAddrPort(answer)
	if err != nil {
		return "", err
	}
	if from.Addr().Unmap() != c.to.Addr() || from.Port() != c.to.Port() {
		return "", fmt.Errorf("answer from a stranger: %w", errStranger)
	}
	return strings.TrimSpace(string(answer[:n])), nil
}
