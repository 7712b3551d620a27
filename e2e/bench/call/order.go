package call

import (
	"fmt"
	"net/netip"
	"time"
)

// Mode is what an order measures.
type Mode string

const (
	// Connect times connect() and one round trip together, a new connection each time.
	Connect Mode = "connect"
	// Echo times a round trip on one open connection.
	Echo Mode = "echo"
	// Await connects again and again until it succeeds, and says when that began.
	Await Mode = "await"
)

// Order is one thing to measure.
type Order struct {
	Mode Mode `json:"mode"`
	// Address is an IPv4 address with a port, or the path of a Unix socket.
	Address string `json:"address"`
	// Bytes are sent, and come back, in each round trip.
	Bytes int `json:"bytes"`
	// Count is how many samples to take, after Warm more that are not told of: the
	// first calls after a pause find cold caches and a sleeping processor.
	Count int `json:"count"`
	Warm  int `json:"warm"`
	// Limit bounds each call and, in the mode Await, all of them together.
	Limit time.Duration `json:"limit"`
	// Pace is the time from one attempt's end to the next one's begin in the mode
	// Await. An attempt that gets no reply is given up after AttemptLimit.
	Pace time.Duration `json:"pace,omitempty"`
}

// AttemptLimit is what the mode Await gives one attempt. On one machine a
// handshake takes 0.1 ms; a longer wait would make coarse what is measured where
// packets are dropped.
const AttemptLimit = time.Millisecond

// most bounds an order: what a client keeps of one.
const most = 1 << 20

func (o Order) check() error {
	switch {
	case o.Mode != Connect && o.Mode != Echo && o.Mode != Await:
		return fmt.Errorf("mode %q: want %s, %s or %s", o.Mode, Connect, Echo, Await)
	case o.Limit <= 0:
		return fmt.Errorf("limit %s: want more than none", o.Limit)
	case o.Mode == Await:
		return nil
	case o.Bytes < 1 || o.Bytes > most:
		return fmt.Errorf("%d bytes: want 1 to %d", o.Bytes, most)
	case o.Count < 1 || o.Warm < 0 || o.Count+o.Warm > most:
		return fmt.Errorf("%d samples after %d: want 1 to %d in all", o.Count, o.Warm, most)
	}
	return nil
}

// Answer is what was measured.
type Answer struct {
	// Samples are durations in nanoseconds, in the order they were taken.
	Samples []int64 `json:"samples,omitempty"`
	// Failed is how many calls failed; Error is what the last of them was told.
	Failed int    `json:"failed,omitempty"`
	Error  string `json:"error,omitempty"`
	// Began and Landed are when the first attempt that succeeded began and when its
	// connection stood, by the machine's CLOCK_MONOTONIC in nanoseconds; 0 if none did. Mode Await only.
	Began  int64 `json:"began,omitempty"`
	Landed int64 `json:"landed,omitempty"`
	// Attempts is how many were made, in the mode Await.
	Attempts int `json:"attempts,omitempty"`
}

// target is where an order's calls go: one of the two.
type target struct {
	inet netip.AddrPort
	unix string
}

func parseTarget(address string) (target, error) {
	if len(address) > 0 && address[0] == '/' {
		return target{unix: address}, nil
	}
	inet, err := netip.ParseAddrPort(address)
	if err != nil || !inet.Addr().Is4() {
		return target{}, fmt.Errorf("address %q: want an IPv4 address with a port, or the path of a Unix socket", address)
	}
	return target{inet: inet}, nil
}
