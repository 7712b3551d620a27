package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// maxCalls bounds one run, so that a typing error cannot keep a pod busy for ever.
const maxCalls = 1_000_000

// counts say what became of a number of calls.
type counts struct {
	Total  int `json:"total"`
	Failed int `json:"failed"`
	// By counts the answered calls by the node that answered.
	By map[string]int `json:"by"`
	// Errors counts the failed calls by kind.
	Errors map[string]int `json:"errors"`
}

// caller makes calls.
type caller struct {
	addr string
	// limit is for one whole call, from dialing to the answer.
	limit time.Duration
	// interval is the pause between calls.
	interval time.Duration
}

// run makes n calls, one after the other, each over a connection of its own. It stops early when ctx ends.
func (c caller) run(ctx context.Context, n int) counts {
	sum := counts{By: map[string]int{}, Errors: map[string]int{}}
	for range min(n, maxCalls) {
		if ctx.Err() != nil {
			break
		}
		node, err := c.call(ctx)
		sum.Total++
		if err != nil {
			sum.Failed++
			sum.Errors[kind(err)]++
		} else {
			sum.By[node]++
		}
		if c.interval > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(c.interval):
			}
		}
	}
	return sum
}

func (c caller) call(ctx context.Context) (node string, err error) {
	conn, err := dial(ctx, c.addr, c.limit)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.get(servedBy)
}

// mark tells the memcached which node it is on.
func (c caller) mark(ctx context.Context, node string) error {
	conn, err := dial(ctx, c.addr, c.limit)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.set(servedBy, node)
}

// kind puts errors that differ only in ports and addresses under one name.
func kind(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case strings.HasSuffix(err.Error(), "is not set"):
		return "not set"
	}
	return err.Error()
}
