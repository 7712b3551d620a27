// Command inshore reviews Kubernetes manifests as Inshore's admission webhook
// would judge them. Under the name kubectl-inshore it is a kubectl plugin.
package main

import (
	"os"

	"github.com/inshore-dev/inshore/cmd/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args, cli.Standard())) }
