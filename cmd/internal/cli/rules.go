package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// addPolicyFlag lets a command judge by more than the built-in rules.
func addPolicyFlag(command *cobra.Command) *[]string {
	folders := command.Flags().StringArray("policy", nil,
		"a `DIR` with rules of your own (*.rego) and NodeLocalPolicies (*.yaml), whose exceptions apply; may be repeated")
	if err := command.MarkFlagDirname("policy"); err != nil {
		panic(err) // only if the flag is not there
	}
	return folders
}

// loadRules are the built-in rules with those in the folders, and the exceptions
// of the NodeLocalPolicies there.
func loadRules(ctx context.Context, folders []string) (validate.Rules, error) {
	engine, all, err := loadPolicies(ctx, folders)
	if err != nil {
		return validate.Rules{}, err
	}
	return validate.Rules{Engine: engine, Exceptions: policies.NewExceptions(all), Now: time.Now()}, nil
}

// loadPolicies are the built-in rules with those in the folders, and the
// NodeLocalPolicies there.
func loadPolicies(ctx context.Context, folders []string) (*policies.Engine, []*v1alpha1.NodeLocalPolicy, error) {
	var config policies.Config
	var all []*v1alpha1.NodeLocalPolicy
	for _, folder := range folders {
		rules, found, err := openPolicies(folder)
		if err != nil {
			return nil, nil, fmt.Errorf("--policy %s: %w", folder, err)
		}
		config.Bundles = append(config.Bundles, policies.Named(filepath.Clean(folder), rules))
		all = append(all, found...)
	}
	engine, err := policies.New(ctx, config)
	if err != nil {
		return nil, nil, fmt.Errorf("loading the rules: %w", err)
	}
	return engine, all, nil
}

// openPolicies reads a folder as the webhook does. One that holds nothing to
// judge by is refused: more likely its name is mistyped than that it is meant.
func openPolicies(folder string) (fs.FS, []*v1alpha1.NodeLocalPolicy, error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, nil, errors.New("no such folder")
	}
	rules, err := bundle.FromFS(os.DirFS(folder))
	if err != nil {
		return nil, nil, err
	}
	found, err := review.ReadPolicies([]string{folder})
	if err != nil {
		return nil, nil, fmt.Errorf("NodeLocalPolicies cannot be read:\n%w", err)
	}
	if len(rules.Paths()) == 0 && len(found) == 0 {
		return nil, nil, errors.New("neither a rule (*.rego) nor a NodeLocalPolicy (*.yaml) in it")
	}
	files, err := rules.FS()
	return files, found, err
}
