package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("echo", flag.ContinueOnError)
	listen := flags.String("listen", ":8080", "`address` to answer at, over TCP and UDP")
	ready := flags.String("ready", ":8081", "`address` that accepts connections while the server is ready")
	control := flags.String("control", ":8082", "`address` to be told what to do at, over HTTP")
	drain := flags.Duration("drain", 0, "serve on for this long after SIGTERM")
	if err := flags.Parse(args); err != nil {
		return err
	}
	// Before anything else: as a container's first process it would not be ended by a signal that it ignores.
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	s := server{name: os.Getenv("NODE_NAME") + " " + os.Getenv("POD_NAME")}
	datagrams, err := udpAddresses(*listen, os.Getenv("POD_IPS"))
	if err != nil {
		return err
	}
	failed := make(chan error, len(datagrams)+2)
	go func() { failed <- s.serveTCP(*listen) }()
	for _, address := range datagrams {
		go func() { failed <- s.serveUDP(address) }()
	}
	g := &gate{address: *ready}
	if err := g.open(); err != nil {
		return err
	}
	if *control != "" {
		go func() { failed <- serveControl(*control, g) }()
	}
	select {
	case err := <-failed:
		return err
	case <-terminated.Done():
		time.Sleep(*drain)
		return nil
	}
}

func serveControl(listen string, g *gate) error {
	server := &http.Server{Addr: listen, Handler: handler(g), ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP at %s: %w", listen, err)
	}
	return nil
}
