package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/policies"
)

func newReview(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "review PATH...",
		Short: "Check manifests as admission would",
		Long: `Review reads Kubernetes manifests, fills in what admission would fill in, and
evaluates Inshore's rules: in a pull request you get the verdict that the cluster
would give. No cluster is needed.

PATH is a file, a folder (every *.yaml, *.yml and *.json below it, but not in
hidden folders), or - for standard input. Give everything that belongs together
at once: a Service is judged by the DaemonSet behind it.

Services and DaemonSets with an annotation under inshore.dev/ are judged; all
other objects are read, and left alone. A document that cannot be read is
reported by file and line, and the rest is still reviewed. Helm charts and
kustomizations are reviewed after rendering; see the examples.

Exit status:
  0  clean (or nothing as severe as --fail-on)
  1  violations
  2  the review could not run: no such path, nothing to read, a bad flag`,
		Example: `  # a folder, the verdict in the exit code
  inshore review manifests/

  # what Helm or kustomize renders
  helm template mychart | inshore review -
  kustomize build overlays/production | inshore review -n core -

  # for a program, and as strict as it gets
  inshore review --format json --fail-on warning manifests/ > report.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{errors.New("review needs a file, a folder, or - for standard input")}
			}
			return nil
		},
	}
	platform := addPlatformFlags(command)
	format := choose(command, "format", "", "how to write the report", "text", "json")
	failOn := choose(command, "fail-on", "", "the least severity that makes the exit status 1",
		string(policies.SeverityError), string(policies.SeverityWarning))
	progress := command.Flags().Bool("progress", false, "show progress even where standard error is no terminal")

	command.RunE = func(command *cobra.Command, args []string) error {
		meter := newMeter(streams, *progress)
		outcome, err := run(command.Context(), streams, platform, meter.report, args)
		meter.clear()
		if err != nil {
			return err
		}
		report := outcome.Report()
		switch format.value {
		case "json":
			err = report.WriteJSON(streams.Out)
		default:
			err = report.WriteText(streams.Out, outcome.Source(), review.Style{Color: streams.color()})
		}
		if err != nil {
			return err
		}
		if report.Failed(policies.Severity(failOn.value)) {
			return errViolations
		}
		return nil
	}
	return command
}
