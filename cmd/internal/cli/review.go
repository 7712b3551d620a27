package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/cmd/internal/version"
	"github.com/inshore-dev/inshore/policies"
)

const reviewLong = `Review reads Kubernetes manifests, fills in what admission would fill in, and
evaluates Inshore's rules: in a pull request you get the verdict that the cluster
would give. No cluster is needed.

PATH is a file, a folder (every *.yaml, *.yml and *.json below it, but not in
hidden folders), or - for standard input. Give everything that belongs together
at once: a Service is judged by the DaemonSet behind it.

Services and DaemonSets with an annotation under inshore.dev/ are judged; all
other objects are read, and left alone. A document that cannot be read is
reported by file and line, and the rest is still reviewed. Helm charts and
kustomizations are reviewed after rendering; see the examples.

The report, in one format on standard output and in any others in files:
  text      for people: by file, with the line that each result is about
  json      for programs
  sarif     SARIF 2.1.0, for code scanning; paths are relative to the working
            folder, so run it at the root of the repository
  junit     for test reports; a warning below --fail-on passes there too
  github    annotations of GitHub Actions, for a workflow's log
  markdown  for a comment on a pull request, at most 65,536 characters

What admission fills in can be written into the files, where reviewers see it:
  --diff  shows it, as git apply takes it; the report goes to standard error
  --fix   writes it, and reports on what the files hold then. Only lines with the
          fields change; a second --fix changes nothing. What cannot be written
          for certain is named on standard error, and the exit status is 1. With
          -, the fixed stream goes to standard output, the report to standard
          error. Both look at all of PATH, whatever --baseline and --since leave
          out, and write nothing into an object that admission would refuse.

Not every finding has to be fixed today:
  --policy DIR     a NodeLocalPolicy in DIR excepts one object from one rule until
                   a day, with owner and reason; every report shows it. *.rego
                   files in DIR are rules of your own.
  --baseline FILE  what was there when you began does not count. Findings are
                   known by rule, file, object and field, wherever they move.
  --since REV      only objects that changed in git since REV count, compared
                   with the commit at which HEAD left it, such as origin/main.
                   What a change does to an object that did not change itself
                   is seen without --since: do that on the main branch.
What cannot be read counts in spite of all three.

Exit status:
  0  clean (or nothing as severe as --fail-on)
  1  violations
  2  the review could not run: no such path, nothing to read, a bad flag`

const reviewExample = `  # a folder, the verdict in the exit code
  inshore review manifests/

  # what Helm or kustomize renders
  helm template mychart | inshore review -
  kustomize build overlays/production | inshore review -n core -

  # for a program, and as strict as it gets
  inshore review -o json --fail-on warning manifests/ > report.json

  # in CI: text in the log, the rest in files
  inshore review -o sarif=inshore.sarif -o junit=inshore.xml -o markdown=comment.md manifests/

  # begin in a repository with old findings, and fail on new ones only
  inshore review --write-baseline .inshore-baseline.json manifests/
  inshore review --baseline .inshore-baseline.json manifests/

  # only what this branch changed
  inshore review --since origin/main manifests/

  # what admission would fill in: look at it, then write it into the files
  inshore review --diff manifests/
  inshore review --fix manifests/`

func newReview(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:     "review PATH...",
		Short:   "Check manifests as admission would",
		Long:    reviewLong,
		Example: reviewExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{errors.New("review needs a file, a folder, or - for standard input")}
			}
			return nil
		},
	}
	platform := addPlatformFlags(command)
	outputs := addOutputFlags(command)
	failOn := choose(command, "fail-on", "", "the least severity that makes the exit status 1",
		string(policies.SeverityError), string(policies.SeverityWarning))
	folders := addPolicyFlag(command)
	filters := addFilterFlags(command)
	fixes := addFixFlags(command)
	progress := command.Flags().Bool("progress", false, "show progress even where standard error is no terminal")

	command.RunE = func(command *cobra.Command, args []string) error {
		ctx := command.Context()
		if err := fixes.check(args); err != nil {
			return err
		}
		opened, err := filters.open(ctx, args)
		if err != nil {
			return err
		}
		rules, err := loadRules(ctx, *folders)
		if err != nil {
			return err
		}
		meter := newMeter(streams, *progress)
		outcome, err := run(ctx, streams, platform, rules, frugally(meter.report), args)
		meter.clear()
		if err != nil {
			return err
		}
		outcome, left, err := fixes.apply(ctx, streams, platform, rules, outcome, args)
		if err != nil {
			return err
		}
		report := outcome.Report()
		if err := opened.apply(ctx, report); err != nil {
			return err
		}
		folder, err := os.Getwd()
		if err != nil {
			return fmt.Errorf("finding the working folder: %w", err)
		}
		threshold := policies.Severity(failOn.value)
		if err := outputs.write(fixes.reportTo(streams, args), report, review.Presentation{
			Source: outcome.Source(), Rules: rules.Engine.Rules(), Version: version.String(), Folder: folder, FailOn: threshold,
		}); err != nil {
			return err
		}
		if report.Failed(threshold) || left > 0 {
			return errViolations
		}
		return nil
	}
	return command
}
