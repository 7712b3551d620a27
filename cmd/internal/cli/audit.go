package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/audit"
	"github.com/inshore-dev/inshore/cmd/internal/version"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/nodelocalpolicies"
	"github.com/inshore-dev/inshore/webhook/validate"
)

func newAudit(streams Streams) *cobra.Command {
	var cluster clusterFlags
	var namespace string
	command := &cobra.Command{
		Use:   "audit",
		Short: "Judge what is in a cluster already, as the webhook's audit does",
		Long: `Audit lists the Services and DaemonSets in the cluster that your kubeconfig names,
judges those with an annotation under inshore.dev/, and those that a NodeLocalPolicy
in the cluster holds for, as admission would if they were created today, and prints
what it finds by namespace:

  error, warning  a rule is broken; the id and the words are those of admission and review
  excepted        a rule is broken, and a NodeLocalPolicy in the cluster excepts the object
  missed          the object is not as admission would have left it

The webhook need not be installed; where it is, its own audit writes the same into
one report (OpenReports) a namespace. Nothing is changed. You need to list Services,
DaemonSets, Deployments and StatefulSets; nodes, namespaces and NodeLocalPolicies that
you may not list are noted, and what depends on them is left out.

Rules are the built-in ones, those in ConfigMaps of the installation, if you may list
them there, and those of --policy. A bundle that the installation downloads is noted;
give it with --policy.

Exit status:
  0  clean (or nothing as severe as --fail-on)
  1  violations
  2  the audit could not run: no such cluster, a right that is missing, a bad flag`,
		Example: `  inshore audit
  inshore audit -n core --fail-on warning
  inshore audit --context production -o json --policy rules/
  kubectl inshore audit             # the same, as a kubectl plugin`,
		Args: noArguments,
	}
	cluster.register(command.Flags())
	command.Flags().StringVarP(&namespace, "namespace", "n", "", "only this namespace; empty for all")
	gate := addGateFlag(command)
	output := choose(command, "output", "o", "how to write it", "text", "json")
	failOn := choose(command, "fail-on", "", "the least severity that makes the exit status 1",
		string(policies.SeverityError), string(policies.SeverityWarning))
	rules := addRuleFlags(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := auditConfig(&cluster, "audit", namespace, gate)
		if err != nil {
			return err
		}
		report, err := runAudit(command.Context(), streams, config, rules)
		if err != nil {
			return err
		}
		if output.value == "json" {
			err = report.WriteJSON(streams.Out)
		} else {
			err = report.WriteText(streams.Out, streams.color())
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

func runAudit(ctx context.Context, streams Streams, config audit.Config, flags *ruleFlags) (*audit.Report, error) {
	by, err := flags.read(ctx)
	if err != nil {
		return nil, err
	}
	notes := newNotes(streams)
	defer notes.clear()
	config.Progress = notes.say
	facts, err := audit.Look(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := flags.join(ctx, config.Client, by, facts); err != nil {
		return nil, err
	}
	rules := validate.Rules{
		Engine: by.engine, Enforcement: enforcement.New(facts.Policies), Now: time.Now(),
		Exceptions: policies.NewExceptions(append(facts.Policies, by.policies...)),
	}
	notes.say("judging")
	report := audit.Judge(ctx, facts, rules, version.String())
	if ctx.Err() != nil {
		// A rule that was cut short is no verdict.
		return nil, fmt.Errorf("judging: %w", ctx.Err())
	}
	return report, nil
}

// addGateFlag says which readiness gate the installation's default is.
func addGateFlag(command *cobra.Command) *choice {
	return choose(command, "readiness-gate", "", "the gate of DaemonSets that choose none; auto is agent where the node agent is installed",
		"auto", string(v1alpha1.ReadinessGateAgent), string(v1alpha1.ReadinessGateNone))
}

func auditConfig(cluster *clusterFlags, command, namespace string, gate *choice) (audit.Config, error) {
	config, err := cluster.config(command)
	if err != nil {
		return audit.Config{}, err
	}
	config.Timeout = requestTimeout
	shared, err := rest.HTTPClientFor(config)
	if err != nil {
		return audit.Config{}, fmt.Errorf("preparing to talk to the cluster: %w", err)
	}
	client, err := kubernetes.NewForConfigAndClient(protobuf(config), shared)
	if err != nil {
		return audit.Config{}, fmt.Errorf("preparing to talk to the cluster: %w", err)
	}
	result := audit.Config{
		Client: client, Namespace: namespace,
		Policies: func(ctx context.Context) ([]*v1alpha1.NodeLocalPolicy, error) {
			return listPolicies(ctx, config, shared)
		},
	}
	if gate.value != "auto" {
		result.ReadinessGate = v1alpha1.ReadinessGate(gate.value)
	}
	return result, nil
}

// protobuf is for the kinds that have it, which decode several times faster.
func protobuf(config *rest.Config) *rest.Config {
	faster := rest.CopyConfig(config)
	faster.ContentType = "application/vnd.kubernetes.protobuf"
	faster.AcceptContentTypes = faster.ContentType + ",application/json"
	return faster
}

func listPolicies(ctx context.Context, config *rest.Config, client *http.Client) ([]*v1alpha1.NodeLocalPolicy, error) {
	ours, err := nodelocalpolicies.NewClient(config, client)
	if err != nil {
		return nil, err
	}
	return nodelocalpolicies.List(ctx, ours)
}
