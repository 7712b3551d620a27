package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// addPolicyFlag lets a command judge by more than the built-in rules.
func addPolicyFlag(command *cobra.Command) *[]string {
	folders := command.Flags().StringArray("policy", nil,
		"a folder with rules of your own (*.rego) and NodeLocalPolicies (*.yaml), whose exceptions apply; may be repeated")
	if err := command.MarkFlagDirname("policy"); err != nil {
		panic(err) // only if the flag is not there
	}
	return folders
}

// loadRules are the built-in rules with those in the folders, and the exceptions
// of the NodeLocalPolicies there.
func loadRules(ctx context.Context, folders []string) (validate.Rules, error) {
	config := policies.Config{}
	for _, folder := range folders {
		files, err := openPolicies(folder)
		if err != nil {
			return validate.Rules{}, err
		}
		config.Bundles = append(config.Bundles, files)
	}
	engine, err := policies.New(ctx, config)
	if err != nil {
		return validate.Rules{}, fmt.Errorf("loading the rules: %w", err)
	}
	found, err := review.ReadPolicies(folders)
	if err != nil {
		return validate.Rules{}, fmt.Errorf("reading NodeLocalPolicies:\n%w", err)
	}
	return validate.Rules{Engine: engine, Exceptions: policies.NewExceptions(found), Now: time.Now()}, nil
}

// openPolicies refuses a folder that holds nothing to judge by: more likely its
// name is mistyped than that it is meant.
func openPolicies(folder string) (fs.FS, error) {
	if info, err := os.Stat(folder); err != nil {
		return nil, fmt.Errorf("--policy %s: no such folder", folder)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("--policy %s: not a folder; name the folder that it is in", folder)
	}
	files, some := os.DirFS(folder), false
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch path.Ext(name) {
		case ".rego", ".yaml", ".yml", ".json":
			some = some || err == nil && !entry.IsDir()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("--policy %s: %w", folder, err)
	}
	if !some {
		return nil, fmt.Errorf("--policy %s: no *.rego and no *.yaml in it", folder)
	}
	return files, nil
}
