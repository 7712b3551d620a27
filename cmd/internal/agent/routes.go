package agent

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/introspect"
)

func newRoutes(system system) *cobra.Command {
	var output, address, from, bpffs string
	command := &cobra.Command{
		Use:   "routes",
		Short: "Say where calls from this node go",
		Long: `routes asks the agent that runs on this node for every frontend (ClusterIP, port,
protocol) that it routes, and where its calls go.

With --from=datapath it asks no agent: it reads the pinned eBPF maps, which know addresses
but no names. That is what the kernel does, whoever put it there.`,
		Example: `  inshore-agent routes
  inshore-agent routes -o json
  inshore-agent routes --from=datapath`,
		Args: cobra.NoArgs,
		RunE: withEnvironment(system, func(command *cobra.Command) error {
			all, err := askRoutes(command.Context(), from, address, bpffs)
			if err != nil {
				return err
			}
			return write(command.OutOrStdout(), output, all, func(w io.Writer) error { return introspect.WriteRoutes(w, all) })
		}),
	}
	registerOutput(command.Flags(), &output)
	registerAddress(command, &address)
	command.Flags().StringVar(&from, "from", "agent", "whom to ask: agent or datapath")
	command.Flags().StringVar(&bpffs, "bpffs", ebpf.DefaultBPFFS, "`folder` where a BPF file system is mounted (--from=datapath)")
	return command
}

func askRoutes(ctx context.Context, from, address, bpffs string) ([]introspect.Route, error) {
	switch from {
	case "agent":
		all, err := introspect.Client{Address: address}.Routes(ctx)
		if err != nil {
			return nil, noAgent(err)
		}
		return all, nil
	case "datapath":
		return dumpRoutes(bpffs)
	}
	return nil, fmt.Errorf("--from is %q: use agent or datapath", from)
}

// dumpRoutes reads what the kernel has.
func dumpRoutes(bpffs string) ([]introspect.Route, error) {
	state, err := ebpf.Dump(bpffs)
	if err != nil {
		return nil, fmt.Errorf("reading the eBPF maps below %s (--bpffs): %w", bpffs, err)
	}
	all := make([]introspect.Route, 0, len(state.Table))
	for frontend, route := range state.Table {
		all = append(all, introspect.NewRoute(frontend, &route))
	}
	introspect.SortRoutes(all)
	return all, nil
}
