package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// order is what a run is to do.
type order struct {
	// target is whom to ask: an address of numbers with a port.
	target string
	mode   string
	// workers ask side by side, each one request at a time.
	workers int
	// n is how many requests to make in all; 0 for no end.
	n int
	// limit is for one request, from dialing to the answer.
	limit time.Duration
	// hold is how long a connection of mode long stays open.
	hold time.Duration
	// pause is between two requests of a worker.
	pause time.Duration
}

// The modes; see the package's comment.
const (
	modeTCP    = "tcp"
	modeLong   = "long"
	modeUDP    = "udp"
	modeSendTo = "sendto"
)

// most bounds what is accepted as a number of workers.
const most = 1000

// parse reads an order from a request's query.
func parse(query url.Values) (order, error) {
	o := order{target: query.Get("target"), mode: modeTCP, workers: 1, limit: 2 * time.Second, hold: time.Second}
	if o.target == "" {
		return o, fmt.Errorf("target is missing: whom to ask")
	}
	if mode := query.Get("mode"); mode != "" {
		o.mode = mode
	}
	if modes := []string{modeTCP, modeLong, modeUDP, modeSendTo}; !slices.Contains(modes, o.mode) {
		return o, fmt.Errorf("mode=%q: want one of %v", o.mode, modes)
	}
	for name, field := range map[string]*int{"workers": &o.workers, "n": &o.n} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || (name == "workers" && number > most) {
			return o, fmt.Errorf("%s=%q: want a number from 1", name, text)
		}
		*field = number
	}
	for name, field := range map[string]*time.Duration{"limit": &o.limit, "hold": &o.hold, "pause": &o.pause} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		duration, err := time.ParseDuration(text)
		if err != nil || duration < 0 {
			return o, fmt.Errorf("%s=%q: want a duration, such as 2s", name, text)
		}
		*field = duration
	}
	return o, nil
}
