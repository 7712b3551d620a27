package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/policy"
	"github.com/inshore-dev/inshore/cmd/internal/replay"
)

func newReplay(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "replay LOG...",
		Short: "Make logged decisions again by other rules, and print what would change",
		Long: `Replay reads the decision log of inshore-webhook (--decision-log), decides every
logged request again by the rules given here, and prints what would end differently:
what a change of policy would break, before it ships.

LOG is a file, or - for standard input. Lines that are not decisions are passed
over, so a container's whole log will do. The rules are the built-in ones of this
binary and those of --policy: folders, bundles (.tar.gz) or image layouts
(oci:FOLDER:TAG). Objects are judged as they were then, beside the objects that
were there then; exceptions count as they did.

Exit status:
  0  every decision would be the same
  1  some would not
  2  the replay could not run, or lines could not be read`,
		Example: `  # what would this folder of rules have refused last week?
  inshore replay --policy ./rules decisions.log

  # and this bundle?
  inshore replay --policy bundle.tar.gz decisions.log

  # straight from the cluster, whose webhook writes to standard output
  kubectl -n inshore-system logs deployment/inshore-webhook | inshore replay --policy ./rules -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{errors.New("replay needs a decision log, or - for standard input")}
			}
			return nil
		},
	}
	sources := command.Flags().StringArray("policy", nil, "a `SOURCE` of rules besides the built-in ones: a folder, a bundle, an image layout; may be repeated")
	output := choose(command, "output", "o", "how to write the report", "text", "json")

	command.RunE = func(command *cobra.Command, args []string) error {
		opened, err := openSources(command, *sources)
		if err != nil {
			return fmt.Errorf("loading the rules: %w", err)
		}
		engine, err := policy.Check(command.Context(), opened)
		if err != nil {
			return fmt.Errorf("loading the rules: %w", err)
		}
		logs, closeAll, err := openLogs(streams.In, args)
		defer closeAll()
		if err != nil {
			return err
		}
		notes := newNotes(streams)
		report, err := replay.Run(command.Context(), replay.Config{
			Engine: engine,
			Progress: func(done int) {
				if done%1000 == 0 {
					notes.say(fmt.Sprintf("replaying decision %d", done))
				}
			},
		}, logs)
		notes.clear()
		if err != nil {
			return err
		}
		write := report.WriteText
		if output.value == "json" {
			write = report.WriteJSON
		}
		if err := write(streams.Out); err != nil {
			return err
		}
		switch {
		case len(report.Problems) > 0:
			return errNotSeen
		case report.Summary.Changed() > 0:
			return errViolations
		}
		return nil
	}
	return command
}

// openLogs opens what the arguments name; closeAll is never nil.
func openLogs(stdin io.Reader, names []string) (logs []replay.Log, closeAll func(), err error) {
	var files []*os.File
	closeAll = func() {
		for _, file := range files {
			_ = file.Close() // it was only read
		}
	}
	for _, name := range names {
		if name == "-" {
			logs = append(logs, replay.Log{Name: "standard input", Reader: stdin})
			continue
		}
		file, err := os.Open(name)
		if err != nil {
			return nil, closeAll, fmt.Errorf("opening the decision log: %w", err)
		}
		files = append(files, file)
		logs = append(logs, replay.Log{Name: name, Reader: file})
	}
	return logs, closeAll, nil
}
