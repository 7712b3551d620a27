package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "memclient:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("memclient", flag.ContinueOnError)
	var c caller
	flags.StringVar(&c.addr, "addr", "", "`address` of the memcached or of the Service in front of it")
	flags.DurationVar(&c.limit, "timeout", 2*time.Second, "for one call, from dialing to the answer")
	flags.DurationVar(&c.interval, "interval", 0, "pause between calls")
	n := flags.Int("n", 0, "make this many calls, print the counts and end; 0 to serve HTTP instead")
	set := flags.Bool("set", false, "tell the memcached at -addr that its node is -node, and end")
	node := flags.String("node", os.Getenv("NODE_NAME"), "`name` to tell with -set")
	listen := flags.String("listen", ":8080", "`address` to serve HTTP at")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case (*set || *n > 0) && c.addr == "":
		return errors.New("-addr is missing")
	case *set && *node == "":
		return errors.New("-set needs -node")
	case *set:
		return c.mark(ctx, *node)
	case *n > 0:
		return json.NewEncoder(out).Encode(c.run(ctx, *n))
	}
	return serve(ctx, *listen, c)
}

// serve makes calls on request until ctx ends.
func serve(ctx context.Context, listen string, defaults caller) error {
	server := &http.Server{Addr: listen, Handler: handler(defaults), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP at %s: %w", listen, err)
	}
	return nil
}

func handler(defaults caller) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /run", func(w http.ResponseWriter, r *http.Request) {
		c, n, err := defaults.asked(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c.run(r.Context(), n))
	})
	return mux
}

// asked is what a request wants where it differs from the flags.
func (c caller) asked(r *http.Request) (caller, int, error) {
	query := r.URL.Query()
	n, err := strconv.Atoi(query.Get("n"))
	if err != nil || n < 1 || n > maxCalls {
		return c, 0, fmt.Errorf("n=%q: want 1 to %d", query.Get("n"), maxCalls)
	}
	if addr := query.Get("addr"); addr != "" {
		c.addr = addr
	}
	if c.addr == "" {
		return c, 0, errors.New("addr is missing: whom to call")
	}
	if interval := query.Get("interval"); interval != "" {
		if c.interval, err = time.ParseDuration(interval); err != nil {
			return c, 0, fmt.Errorf("interval: %w", err)
		}
	}
	return c, n, nil
}
