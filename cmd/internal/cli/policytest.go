package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/policy"
	"github.com/inshore-dev/inshore/policies/ruletest"
)

func newPolicyTest(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "test FOLDER...",
		Short: "Run the tests of your own rules",
		Long: `Test runs every rule named test_… in the *_test.rego files of the folders. It is what
"opa test" does, by the same library, and with what admission has: Inshore's own
libraries (data.inshore.lib), the schemas of the input, strict mode, and no builtin
whose answer is not a function of its arguments. Tests named todo_test_… are skipped.

Exit status:
  0  all tests pass
  1  a test fails, or --coverage is not reached
  2  the tests could not run: something does not compile, there is none`,
		Example: `  inshore policy test rules
  inshore policy test --coverage --threshold 100 rules
  inshore policy test -v --run team_label rules
  inshore policy test -o json rules`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{errors.New("policy test needs a folder with rules and their tests")}
			}
			return nil
		},
	}
	run := command.Flags().String("run", "", "only tests whose package and name match this regular `expression`")
	verbose := command.Flags().BoolP("verbose", "v", false, "show tests that pass too, and what they print")
	coverage := command.Flags().Bool("coverage", false, "show which lines of the rules no test evaluates")
	threshold := command.Flags().Float64("threshold", 0, "with --coverage: the least `percentage` of lines that makes the exit status 0")
	timeout := command.Flags().Duration("timeout", ruletest.DefaultTimeout, "how long one test may take")
	output := choose(command, "output", "o", "how to write the report", "text", "json")

	command.RunE = func(command *cobra.Command, args []string) error {
		if *threshold < 0 || *threshold > 100 || *threshold > 0 && !*coverage {
			return &usageError{errors.New("--threshold is a percentage, and needs --coverage")}
		}
		if *timeout < time.Millisecond {
			return &usageError{fmt.Errorf("--timeout is %s: use 1ms or more", *timeout)}
		}
		sources, err := openSources(command, args)
		if err != nil {
			return err
		}
		report, err := ruletest.Run(command.Context(), ruletest.Config{Bundles: policy.Bundles(sources), Run: *run, Timeout: *timeout})
		if err != nil {
			return err
		}
		if output.value == "json" {
			err = policy.WriteTestJSON(streams.Out, report)
		} else {
			err = policy.TestText{Verbose: *verbose, Coverage: *coverage}.Write(streams.Out, report)
		}
		if err != nil {
			return err
		}
		if !report.OK() || report.Summary.Coverage < *threshold {
			return errViolations
		}
		return nil
	}
	return command
}

func newPolicyNew(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "new ID FOLDER",
		Short: "Begin a rule of your own, with its test",
		Long: `New writes a rule and its test into FOLDER, whose last element names the rule, to be
changed into what you need. It overwrites nothing. ID is two or more capital letters
and three or more digits; ISH is taken.`,
		Example: `  inshore policy new ACME001 rules/team_label
  inshore policy new ACME002 rules/no_host_path --kind DaemonSet
  inshore policy test --coverage rules`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{errors.New("policy new needs an id and a folder, for example ACME001 rules/team_label")}
			}
			return nil
		},
	}
	kind := choose(command, "kind", "", "what the rule judges", string(v1alpha1.KindService), string(v1alpha1.KindDaemonSet))
	command.RunE = func(_ *cobra.Command, args []string) error {
		written, err := policy.Skeleton{ID: args[0], Folder: args[1], Kind: v1alpha1.Kind(kind.value)}.Write()
		for _, path := range written {
			fmt.Fprintf(streams.Out, "wrote %s\n", path)
		}
		return err
	}
	return command
}
