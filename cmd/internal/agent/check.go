package agent

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/agent/check"
)

func newCheck(proc fs.FS) *cobra.Command {
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
		RunE: func(command *cobra.Command, _ []string) error {
			return runCheck(proc, output, command.OutOrStdout())
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "text", "how to write it: text or json")
	return command
}

func runCheck(proc fs.FS, output string, out io.Writer) error {
	var write func(*check.Report) error
	switch output {
	case "text":
		write = func(report *check.Report) error { return report.WriteText(out) }
	case "json":
		write = func(report *check.Report) error {
			encoder := json.NewEncoder(out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(report)
		}
	default:
		return fmt.Errorf("--output is %q: use text or json", output)
	}
	report, err := check.Node(proc)
	if err != nil {
		return err
	}
	if err := write(report); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if !report.Suitable {
		return errUnsuitable
	}
	return nil
}
