package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/native"
)

func newNative(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "native",
		Short: "Write the mutations and rules as admission policies of the API server itself",
		Long: `Native writes MutatingAdmissionPolicies and ValidatingAdmissionPolicies, with their
bindings, for clusters that want no webhook: what the annotations ask for is
filled in and judged by the API server alone. Verdicts have the same ids, fields
and messages as the webhook's.

Not every rule can be told in CEL, which sees one object and no others. The
comment above the YAML lists those that are left out, with the reason, and what
the policies do otherwise than the webhook; --list prints the same.

Apply either these or the webhook. With both, each finding is reported twice.

--static writes the same policies as files that API servers read themselves
(Kubernetes 1.36, feature gate ManifestBasedAdmissionControlConfig): they hold
from the first request on, whatever is in etcd, and nobody changes them by the
API. The folder gets an AdmissionConfiguration that says how to use them.`,
		Example: `  inshore native | kubectl apply -f -
  inshore native --readiness-gate agent --kubernetes-version 1.36 > policies.yaml
  inshore native --static policies --static-path /etc/kubernetes/inshore
  inshore native --list`,
		Args: noArguments,
	}
	kubernetes := versionFlag(latestKubernetes)
	command.Flags().Var(&kubernetes, "kubernetes-version",
		"the cluster that the policies are meant for; 1.36 is the first whose MutatingAdmissionPolicy is stable")
	gate := choose(command, "readiness-gate", "",
		"the gate of DaemonSets that choose none: agent where the node agent is installed",
		string(v1alpha1.ReadinessGateNone), string(v1alpha1.ReadinessGateAgent))
	format := choose(command, "output", "o", "how to write it", "yaml", "json")
	list := command.Flags().Bool("list", false, "list the rules with what becomes of each, instead of the policies")
	var static staticFlags
	static.register(command.Flags())

	command.RunE = func(command *cobra.Command, _ []string) error {
		if err := static.complete(command, v1alpha1.Version(kubernetes)); err != nil {
			return err
		}
		engine, err := policies.New(policies.Config{})
		if err != nil {
			return err
		}
		rendered, err := native.Render(native.Config{Rules: engine.Rules(), Platform: v1alpha1.Platform{
			Kubernetes: v1alpha1.Version(kubernetes), ReadinessGate: v1alpha1.ReadinessGate(gate.value),
		}})
		switch {
		case err != nil:
			return err
		case static.folder != "":
			return static.write(streams.Out, rendered)
		case *list && format.value == "json":
			return output.JSON(streams.Out, map[string]any{"rules": rendered.Rules, "limits": rendered.Limits})
		case *list:
			return writeCoverage(streams.Out, rendered)
		case format.value == "json":
			return rendered.WriteJSON(streams.Out)
		}
		return rendered.WriteYAML(streams.Out)
	}
	return command
}

func writeCoverage(w io.Writer, rendered *native.Policies) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tNATIVE\tWHY NOT")
	for _, rule := range rendered.Rules {
		expressed := "yes"
		if !rule.Expressed {
			expressed = "no"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", rule.ID, expressed, rule.Reason)
	}
	fmt.Fprintln(table, "\nWhat the policies do otherwise than the webhook:")
	for _, limit := range rendered.Limits {
		fmt.Fprintf(table, "- %s\n", limit)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	return nil
}
