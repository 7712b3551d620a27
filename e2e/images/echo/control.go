package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
)

// gate is the port that says whether the server is ready.
type gate struct {
	address  string
	mu       sync.Mutex
	listener net.Listener
}

func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener != nil {
		return nil
	}
	listener, err := net.Listen("tcp", g.address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	g.listener = listener
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return nil
}

func (g *gate) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener == nil {
		return nil
	}
	defer func() { g.listener = nil }()
	return g.listener.Close()
}

func handler(g *gate) http.Handler {
	mux := http.NewServeMux()
	answer := func(do func() error) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if err := do(); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}
	}
	mux.HandleFunc("/ready", answer(g.open))
	mux.HandleFunc("/unready", answer(g.close))
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(1) })
	mux.HandleFunc("/eat", func(http.ResponseWriter, *http.Request) { go eat() })
	return mux
}

// eat uses memory until the kernel has enough of it.
func eat() {
	const bite = 16 << 20
	var eaten [][]byte
	for {
		chunk := make([]byte, bite)
		// Only what is written to is really there.
		for i := 0; i < bite; i += os.Getpagesize() {
			chunk[i] = 1
		}
		eaten = append(eaten, chunk)
		if len(eaten) > 1024 {
			panic("16 GiB eaten, and nobody minded: the container has no memory limit")
		}
	}
}
