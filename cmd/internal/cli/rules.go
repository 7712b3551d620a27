package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/policy"
	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// addPolicyFlag lets a command judge by more than the built-in rules.
func addPolicyFlag(command *cobra.Command) *[]string {
	return command.Flags().StringArray("policy", nil,
		"a `SOURCE` of rules besides the built-in ones: a folder (*.rego, and NodeLocalPolicies in *.yaml, which hold as in a cluster), a bundle, an image layout; may be repeated")
}

// loadRules are the built-in rules with those of the sources, and the exceptions
// of the NodeLocalPolicies there.
func loadRules(ctx context.Context, sources []string) (validate.Rules, error) {
	engine, all, err := loadPolicies(ctx, sources)
	if err != nil {
		return validate.Rules{}, err
	}
	return validate.Rules{Engine: engine, Exceptions: policies.NewExceptions(all), Enforcement: enforcement.New(all), Now: time.Now()}, nil
}

// loadPolicies are the built-in rules with those of the sources, and the
// NodeLocalPolicies there.
func loadPolicies(ctx context.Context, sources []string) (*policies.Engine, []*v1alpha1.NodeLocalPolicy, error) {
	bundles, all, err := readSources(ctx, sources)
	if err != nil {
		return nil, nil, err
	}
	engine, err := policies.New(policies.Config{Bundles: bundles})
	if err != nil {
		return nil, nil, fmt.Errorf("loading the rules: %w", err)
	}
	if len(sources) > 0 && len(all) == 0 && len(policy.Own(engine)) == 0 {
		return nil, nil, errors.New("--policy: no rule in it: a rule is a package with METADATA (custom.id) and a set violation; begin one with inshore policy new")
	}
	return engine, all, nil
}

// readSources are the rules of the sources, and the NodeLocalPolicies there.
func readSources(ctx context.Context, sources []string) (bundles []fs.FS, all []*v1alpha1.NodeLocalPolicy, err error) {
	for _, name := range sources {
		source, err := policy.Open(ctx, name, nil)
		if err != nil {
			return nil, nil, fmt.Errorf("--policy %w", err)
		}
		found, err := policiesIn(source)
		if err != nil {
			return nil, nil, fmt.Errorf("--policy %s: %w", name, err)
		}
		bundles = append(bundles, policy.Bundles([]*policy.Source{source})...)
		all = append(all, found...)
	}
	return bundles, all, nil
}

// policiesIn are the NodeLocalPolicies of a folder; other sources hold none. A
// folder that holds nothing to judge by is refused: more likely its name is
// mistyped than that it is meant.
func policiesIn(source *policy.Source) ([]*v1alpha1.NodeLocalPolicy, error) {
	if source.Packed != nil {
		return nil, nil
	}
	found, err := review.ReadPolicies([]string{source.Name})
	if err != nil {
		return nil, fmt.Errorf("NodeLocalPolicies cannot be read:\n%w", err)
	}
	if len(source.Bundle.Paths()) == 0 && len(found) == 0 {
		return nil, errors.New("neither a rule (*.rego) nor a NodeLocalPolicy (*.yaml) in it")
	}
	return found, nil
}
