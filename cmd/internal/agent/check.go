package agent

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/agent/check"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/proxycheck"
)

// checked is what check found: the facts of the report, and the details behind
// some of them.
type checked struct {
	*check.Report
	// Hooks are what is attached to the root cgroup; absent if that is not known.
	Hooks []ebpf.Hook `json:"hooks,omitempty"`
	// Proxy is what the cluster's proxy did with real connections; absent if it
	// was not probed.
	Proxy *proxycheck.Report `json:"proxy,omitempty"`
}

// places say where to look.
type places struct {
	cgroupRoot, bpffs string
	// agent is the address of the running agent, whose Services are probed; empty
	// for no probe.
	agent string
}

func newCheck(system system) *cobra.Command {
	var output string
	var where places
	var probe bool
	command := &cobra.Command{
		Use:   "check",
		Short: "Say whether this node could run the eBPF datapath, and what its proxy does",
		Long: `check reads the kernel's release, where cgroup v2 and the BPF file system are mounted, and
the capabilities of this process; finds the root cgroup and what is attached to it,
ours and others'; and tries whether nftables can be used.

If an agent runs here, it also connects to some of the Services that are routed, past our
own datapath, to find out what the cluster's proxy does with them: whether it
honours internalTrafficPolicy Local, leaves the node, or drops. That only informs:
Inshore is there for the proxies that do not.

Exit code 0: suitable. 1: something is missing. 2: could not be read.`,
		Example: `  inshore-agent check
  inshore-agent check --output=json
  inshore-agent check --probe-proxy=false`,
		Args: cobra.NoArgs,
		RunE: withEnvironment(system, func(command *cobra.Command) error {
			if !probe {
				where.agent = ""
			}
			return runCheck(command.Context(), system, where, output, command.OutOrStdout())
		}),
	}
	registerOutput(command.Flags(), &output)
	registerPlaces(command.Flags(), &where.cgroupRoot, &where.bpffs)
	registerAddress(command, &where.agent)
	command.Flags().BoolVar(&probe, "probe-proxy", true, "connect to Services past our datapath, to see what the cluster's proxy does")
	return command
}

func runCheck(ctx context.Context, system system, where places, output string, out io.Writer) error {
	report, err := check.Node(system.proc)
	if err != nil {
		return err
	}
	found := &checked{Report: report}
	if system.look != nil {
		system.look(ctx, where, found)
	}
	if err := write(out, output, found, found.writeText); err != nil {
		return err
	}
	if !found.Suitable {
		return errNo
	}
	return nil
}

// add adds a fact to the report.
func (c *checked) add(fact check.Fact) {
	c.Facts = append(c.Facts, fact)
	c.Suitable = c.Suitable && fact.Problem == ""
}

func (c *checked) writeText(w io.Writer) error {
	if err := c.WriteText(w); err != nil || c.Proxy == nil {
		return err
	}
	if _, err := fmt.Fprintln(w, "\nThe cluster's proxy by itself:"); err != nil {
		return err
	}
	return c.Proxy.WriteText(w)
}
