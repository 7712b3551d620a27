package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/review"
)

func newExplain(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "explain -f FILE",
		Short: "Show what admission would fill in, field by field, and why",
		Long: `Explain shows, for each Service and DaemonSet in a file, the annotations as they
are understood, every field that admission would write with its value before and
after and the reason, and what the rules say. It changes nothing, needs no
cluster, and exits 0 whatever the rules say; to check manifests use review.`,
		Example: `  inshore explain -f daemonset.yaml
  kubectl get daemonset -n core mcrouter -o yaml | inshore explain -f -
  inshore explain -f daemonset.yaml -f service.yaml -o json`,
		Args: noArguments,
	}
	platform := addPlatformFlags(command)
	folders := addPolicyFlag(command)
	files := command.Flags().StringArrayP("filename", "f", nil, "a file, a folder, or - for standard input; may be repeated")
	output := choose(command, "output", "o", "how to write it", "text", "json")

	command.RunE = func(command *cobra.Command, _ []string) error {
		if len(*files) == 0 {
			return &usageError{errors.New("explain needs -f FILE, or -f - for standard input")}
		}
		rules, err := loadRules(command.Context(), *folders)
		if err != nil {
			return err
		}
		outcome, err := run(command.Context(), streams, platform, rules, nil, *files)
		if err != nil {
			return err
		}
		explanation := outcome.Explain()
		if output.value == "json" {
			return explanation.WriteJSON(streams.Out)
		}
		return explanation.WriteText(streams.Out, review.Style{Color: streams.color()})
	}
	return command
}
