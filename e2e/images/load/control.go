package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// control starts and stops runs by name.
type control struct {
	ctx  context.Context
	mu   sync.Mutex
	runs map[string]*running
}

type running struct {
	counts *counts
	stop   context.CancelFunc
	done   chan struct{}
}

func newControl(ctx context.Context) *control {
	return &control{ctx: ctx, runs: map[string]*running{}}
}

func (c *control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	for path, do := range map[string]func(*http.Request) (*counts, error){
		"/start": c.start, "/counts": c.look, "/stop": c.stop, "/run": c.once,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			counts, err := do(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(counts.report())
		})
	}
	return mux
}

// start begins a run that goes on after the request.
func (c *control) start(r *http.Request) (*counts, error) {
	o, err := parse(r.URL.Query())
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := r.FormValue("name")
	if c.runs[name] != nil {
		return nil, fmt.Errorf("run %q goes on already", name)
	}
	ctx, stop := context.WithCancel(c.ctx)
	now := &running{counts: newCounts(), stop: stop, done: make(chan struct{})}
	c.runs[name] = now
	go func() {
		defer close(now.done)
		o.run(ctx, now.counts)
	}()
	return now.counts, nil
}

func (c *control) find(r *http.Request) (*running, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := r.FormValue("name")
	if c.runs[name] == nil {
		return nil, fmt.Errorf("there is no run %q", name)
	}
	return c.runs[name], nil
}

func (c *control) look(r *http.Request) (*counts, error) {
	now, err := c.find(r)
	if err != nil {
		return nil, err
	}
	return now.counts, nil
}

func (c *control) stop(r *http.Request) (*counts, error) {
	now, err := c.find(r)
	if err != nil {
		return nil, err
	}
	now.stop()
	<-now.done
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.runs, r.FormValue("name"))
	return now.counts, nil
}

// once makes a number of requests while its caller waits.
func (c *control) once(r *http.Request) (*counts, error) {
	o, err := parse(r.URL.Query())
	if err != nil {
		return nil, err
	}
	if o.n == 0 {
		return nil, fmt.Errorf("n is missing: how many requests")
	}
	counts := newCounts()
	o.run(r.Context(), counts)
	return counts, nil
}
