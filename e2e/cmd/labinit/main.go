// Command labinit is what the cluster harness runs inside the machines it makes: their first process, the
// step from the host into them, and the way from the host to one of their ports. See package machine.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// The main thread stays the main goroutine's: namespaces belong to threads, and this thread's count.
func init() { runtime.LockOSThread() }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "labinit:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "init":
		return machine.RunInit()
	case len(args) > 3 && args[0] == "enter" && args[2] == "--":
		return machine.RunEnter(args[1], args[3:])
	case len(args) == 2 && args[0] == "forward":
		return machine.RunForward(args[1])
	}
	return errors.New("usage: labinit init | enter CGROUP,... -- PROGRAM [ARG]... | forward ADDRESS; " +
		"the cluster harness runs it, nobody else needs to")
}
