// Command inshore-agent is Inshore's program on each node: it keeps calls to
// node-local Services on it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/inshore-dev/inshore/cmd/internal/agent"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(agent.Main(ctx, os.Args[1:], agent.System{
		Proc: os.DirFS("/proc"), LookupEnv: os.LookupEnv, Look: agent.Look, Out: os.Stdout, Err: os.Stderr,
	}))
}
