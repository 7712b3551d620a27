package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"

	"github.com/inshore-dev/inshore/e2e/bench/call"
)

func main() {
	echo := flag.String("echo", "", "serve echo at these `addresses`, with commas between: IPv4 addresses with ports, paths of Unix sockets")
	orders := flag.String("orders", "", "take orders at this `address`, over TCP")
	flag.Parse()
	if err := run(*echo, *orders); err != nil {
		fmt.Fprintln(os.Stderr, "caller:", err)
		os.Exit(1)
	}
}

func run(echo, orders string) error {
	// Every server's thread blocks where the scheduler does not see it, and so does the client's.
	servers := strings.FieldsFunc(echo, func(r rune) bool { return r == ',' })
	runtime.GOMAXPROCS(len(servers) + 2)
	failed := make(chan error)
	for _, address := range servers {
		go func() { failed <- call.ServeEcho(address) }()
	}
	if orders != "" {
		listener, err := net.Listen("tcp", orders)
		if err != nil {
			return fmt.Errorf("listen for orders: %w", err)
		}
		go func() { failed <- call.ServeOrders(listener) }()
	}
	return <-failed
}
