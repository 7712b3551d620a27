package agent

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/agent/introspect"
)

func newStatus(system system) *cobra.Command {
	var output, address string
	command := &cobra.Command{
		Use:   "status",
		Short: "Ask the running agent how it is",
		Long: `status asks the agent that runs on this node: whether it is ready and if not why, what
carries its routes out, and how many there are.

Exit code 0: ready. 1: not ready. 2: no agent answers.`,
		Example: `  inshore-agent status
  inshore-agent status -o json
  kubectl -n inshore-agent exec ds/inshore-agent -- inshore-agent status`,
		Args: cobra.NoArgs,
		RunE: withEnvironment(system, func(command *cobra.Command) error {
			status, err := introspect.Client{Address: address}.Status(command.Context())
			if err != nil {
				return noAgent(err)
			}
			if err := write(command.OutOrStdout(), output, &status, func(w io.Writer) error { return status.WriteText(w, time.Now()) }); err != nil {
				return err
			}
			if !status.Ready {
				return errNo
			}
			return nil
		}),
	}
	registerOutput(command.Flags(), &output)
	registerAddress(command, &address)
	return command
}

func registerAddress(command *cobra.Command, address *string) {
	command.Flags().StringVar(address, "agent-address", defaultAddress, "`address` of the running agent (its --health-listen)")
}

// noAgent says what to do about an agent that does not answer.
func noAgent(err error) error {
	return fmt.Errorf("%w: is it running on this node, with this --health-listen? (`inshore-agent routes --from=datapath` needs none)", err)
}
