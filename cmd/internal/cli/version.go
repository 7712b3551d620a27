package cli

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/version"
	"github.com/inshore-dev/inshore/policies"
)

// build is what a bug report needs to name.
type build struct {
	Version string `json:"version"`
	// PolicyRevision is the content hash of the built-in rules; two builds with
	// the same one give the same verdicts.
	PolicyRevision string `json:"policyRevision"`
	Go             string `json:"go"`
	Platform       string `json:"platform"`
}

func newVersion(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is, and which rules it holds",
		Example: `  inshore version
  inshore version -o json`,
		Args: noArguments,
	}
	output := choose(command, "output", "o", "how to write it", "text", "json")
	command.RunE = func(command *cobra.Command, _ []string) error {
		engine, err := policies.New(policies.Config{})
		if err != nil {
			return fmt.Errorf("compiling the built-in rules: %w", err)
		}
		b := build{
			Version:        version.String(),
			PolicyRevision: engine.Revision(),
			Go:             runtime.Version(),
			Platform:       runtime.GOOS + "/" + runtime.GOARCH,
		}
		if output.value == "json" {
			encoder := json.NewEncoder(streams.Out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(b)
		}
		_, err = fmt.Fprintf(streams.Out, "inshore %s\nrules   %s\ngo      %s %s\n", b.Version, b.PolicyRevision, b.Go, b.Platform)
		return err
	}
	return command
}
