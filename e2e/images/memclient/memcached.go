package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// servedBy is the key under which a memcached keeps the name of its node.
const servedBy = "served-by"

// maxValue bounds what is accepted as a node's name.
const maxValue = 1024

// conversation is one connection to a memcached.
type conversation struct {
	net.Conn
	answers *bufio.Reader
}

// dial opens a connection on which everything must be over by the deadline.
func dial(ctx context.Context, addr string, limit time.Duration) (*conversation, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		conn.Close()
		return nil, fmt.Errorf("set deadline: %w", err)
	}
	return &conversation{Conn: conn, answers: bufio.NewReader(conn)}, nil
}

// get asks for the value of a key.
func (c *conversation) get(key string) (string, error) {
	if _, err := fmt.Fprintf(c, "get %s\r\n", key); err != nil {
		return "", err
	}
	header, err := c.line()
	if err != nil {
		return "", err
	}
	if header == "END" {
		return "", fmt.Errorf("key %s is not set", key)
	}
	// VALUE <key> <flags> <bytes>
	fields := strings.Fields(header)
	if len(fields) != 4 || fields[0] != "VALUE" || fields[1] != key {
		return "", fmt.Errorf("unexpected answer %q", header)
	}
	size, err := strconv.Atoi(fields[3])
	if err != nil || size < 0 || size > maxValue {
		return "", fmt.Errorf("unexpected size in answer %q", header)
	}
	value := make([]byte, size+len("\r\n"))
	if _, err := io.ReadFull(c.answers, value); err != nil {
		return "", err
	}
	end, err := c.line()
	if err == nil && end != "END" {
		err = fmt.Errorf("unexpected answer %q", end)
	}
	return string(value[:size]), err
}

// set stores a value under a key, for good.
func (c *conversation) set(key, value string) error {
	if _, err := fmt.Fprintf(c, "set %s 0 0 %d\r\n%s\r\n", key, len(value), value); err != nil {
		return err
	}
	answer, err := c.line()
	if err == nil && answer != "STORED" {
		err = fmt.Errorf("unexpected answer %q", answer)
	}
	return err
}

func (c *conversation) line() (string, error) {
	line, err := c.answers.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
