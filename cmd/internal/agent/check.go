package agent

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/agent/check"
)

func newCheck(system System) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "check",
		Short: "Say whether this node could run the eBPF datapath",
		Long: `check reads the kernel's release, where cgroup v2 and the BPF file system are
mounted, and the capabilities of this process. It changes nothing.

Exit code 0: suitable. 1: something is missing. 2: could not be read.`,
		Example: `  inshore-agent check
  inshore-agent check --output=json`,
		Args: cobra.NoArgs,
		RunE: withEnvironment(system, func(command *cobra.Command) error {
			report, err := check.Node(system.Proc)
			if err != nil {
				return err
			}
			if err := write(command.OutOrStdout(), output, report, func(w io.Writer) error { return report.WriteText(w) }); err != nil {
				return err
			}
			if !report.Suitable {
				return errNo
			}
			return nil
		}),
	}
	registerOutput(command.Flags(), &output)
	return command
}
