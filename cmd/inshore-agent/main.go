// Command inshore-agent is Inshore's program on each node. It reports whether
// the node could run the datapath.
package main

import (
	"os"

	"github.com/inshore-dev/inshore/cmd/internal/agent"
)

func main() { os.Exit(agent.Main(os.Args[1:], os.DirFS("/proc"), os.Stdout, os.Stderr)) }
