package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/audit"
	"github.com/inshore-dev/inshore/cmd/internal/plan"
	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/cmd/internal/version"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// planFlags say which cluster to look at, and what is proposed.
type planFlags struct {
	clusterFlags
	namespace string
	gate      *choice
	rules     *ruleFlags
	files     []string
	asIs      bool
	off, gone []string
}

func newPlan(streams Streams) *cobra.Command {
	var f planFlags
	command := &cobra.Command{
		Use:   "plan",
		Short: "Say beforehand which objects NodeLocalPolicies would change, and how",
		Long: `Plan looks at the cluster that your kubeconfig names and says which objects the
roll-outs of its NodeLocalPolicies would change, in their order, field by field:
whose pods are replaced by it, which objects are left as they are because they would
break a rule, which opted out, and for which another policy holds.

Without a flag it is about the policies that are in the cluster. -f adds policies from
files, or replaces those of the same name, and takes them to be enforced; --off and
--delete show what is undone.

It changes nothing, and the webhook need not be installed. You need to list Services,
DaemonSets, Deployments, StatefulSets and NodeLocalPolicies; nodes and namespaces that
you may not list are noted, and so are rules of the installation that you may not read.

Exit status:
  0  planned
  1  with --exit-code: there is something to change
  2  no plan could be made: no such cluster, a right that is missing, a bad policy`,
		Example: `  inshore plan -f everyone.yaml
  inshore plan                        # what the roll-outs under way have left to do
  inshore plan --off everyone         # what turning it off would undo
  inshore plan --delete everyone -o json
  kubectl inshore plan -f everyone.yaml`,
		Args: noArguments,
	}
	flags := command.Flags()
	f.clusterFlags.register(flags)
	flags.StringVarP(&f.namespace, "namespace", "n", "", "only objects of this namespace; empty for all")
	flags.StringArrayVarP(&f.files, "filename", "f", nil, "a `file` or folder with NodeLocalPolicies to be applied; may be repeated")
	flags.BoolVar(&f.asIs, "as-is", false, "take the policies of -f at the enforcement that they name, rather than as Enforce")
	flags.StringArrayVar(&f.off, "off", nil, "the `name` of a policy to be enforced no longer; may be repeated")
	flags.StringArrayVar(&f.gone, "delete", nil, "the `name` of a policy to be deleted; may be repeated")
	exitCode := flags.Bool("exit-code", false, "end with 1 if there is something to change")
	f.gate = addGateFlag(command)
	f.rules = addRuleFlags(command)
	output := choose(command, "output", "o", "how to write it", "text", "json")
	command.RunE = func(command *cobra.Command, _ []string) error {
		made, err := f.plan(command.Context(), streams)
		if err != nil {
			return err
		}
		if output.value == "json" {
			err = made.WriteJSON(streams.Out)
		} else {
			err = made.WriteText(streams.Out, streams.color())
		}
		if err == nil && *exitCode && !made.Empty() {
			return errViolations
		}
		return err
	}
	return command
}

// plan looks at the cluster and decides.
func (f *planFlags) plan(ctx context.Context, streams Streams) (*plan.Plan, error) {
	proposal, err := f.proposal()
	if err != nil {
		return nil, err
	}
	by, err := f.rules.read(ctx)
	if err != nil {
		return nil, err
	}
	config, err := auditConfig(&f.clusterFlags, "plan", f.namespace, f.gate)
	if err != nil {
		return nil, err
	}
	config.Keep = true
	notes := newNotes(streams)
	defer notes.clear()
	config.Progress = notes.say
	facts, err := audit.Look(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := f.rules.join(ctx, config.Client, by, facts); err != nil {
		return nil, err
	}
	all, changes, err := proposal.On(facts.Policies)
	if err != nil {
		return nil, err
	}
	notes.say("deciding about every object")
	return plan.Make(ctx, plan.Config{
		Facts: facts, Changes: changes, Version: version.String(),
		Rules: validate.Rules{
			Engine: by.engine, Enforcement: enforcement.New(all), Now: time.Now(),
			Exceptions: policies.NewExceptions(append(all[:len(all):len(all)], by.policies...)),
		},
	})
}

// proposal is what the flags say.
func (f *planFlags) proposal() (plan.Proposal, error) {
	p := plan.Proposal{AsIs: f.asIs, Off: f.off, Delete: f.gone}
	if len(f.files) == 0 {
		if f.asIs {
			return p, &usageError{errors.New("--as-is is about the policies of -f, and there is no -f")}
		}
		return p, nil
	}
	found, err := review.ReadPolicies(f.files)
	if err != nil {
		return p, fmt.Errorf("reading -f:\n%w", err)
	}
	if len(found) == 0 {
		return p, fmt.Errorf("there is no NodeLocalPolicy (%s) in what -f names", v1alpha1.GroupVersion)
	}
	p.Policies = found
	return p, nil
}
