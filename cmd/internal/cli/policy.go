package cli

import (
	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/policy"
	"github.com/inshore-dev/inshore/policies/bundle"
)

func newPolicy(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "policy",
		Short: "List, test, build and move rules, the built-in ones and your own",
		Long: `Rules are Rego packages that judge a Service or a DaemonSet. The built-in ones are in
this binary; your own stand beside them, in a folder, in ConfigMaps of the webhook's
namespace, or in a signed bundle that it downloads.

  new     begins a rule with its test
  test    runs the tests of rules
  list    lists rules, docs documents them
  build   packs a folder as an OPA bundle, signed if you give a key
  push    puts a bundle into a registry, pull gets it from there
  verify  checks a bundle's signature and its rules`,
		Example: `  inshore policy new ACME001 rules/team_label
  inshore policy test --coverage rules
  inshore policy build rules --signing-key key.pem -o bundle.tar.gz
  inshore policy push bundle.tar.gz registry.example/platform/rules:v1`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(
		newPolicyList(streams), newPolicyDocs(streams), newPolicyNew(streams), newPolicyTest(streams),
		newPolicyBuild(streams), newPolicyVerify(streams), newPolicyPush(streams), newPolicyPull(streams),
	)
	return command
}

func newPolicyList(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "list [SOURCE...]",
		Short: "List rules: the built-in ones, and those of folders and bundles",
		Long: `List prints the built-in rules and those of each SOURCE: a folder, a bundle
(.tar.gz), or an image layout (oci:FOLDER:TAG). They are compiled and tried out as
the webhook does it before it loads them.`,
		Example: `  inshore policy list
  inshore policy list rules
  inshore policy list --own -o json bundle.tar.gz`,
	}
	own := command.Flags().Bool("own", false, "leave the built-in rules out")
	output := choose(command, "output", "o", "how to write it", "text", "json", "yaml")
	command.RunE = func(command *cobra.Command, args []string) error {
		list, err := readRules(command, args, *own)
		if err != nil {
			return err
		}
		switch output.value {
		case "json":
			return list.WriteJSON(streams.Out)
		case "yaml":
			return list.WriteYAML(streams.Out)
		}
		return list.WriteText(streams.Out)
	}
	return command
}

func newPolicyDocs(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "docs [SOURCE...]",
		Short: "Write what rules say of themselves as Markdown",
		Long: `Docs writes a page about rules from their METADATA: what breaks and why, the message,
and the remedy. Without a SOURCE it is about the built-in rules, else about those of
the sources: folders, bundles (.tar.gz), image layouts (oci:FOLDER:TAG).`,
		Example: `  inshore policy docs rules > docs/rules.md`,
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		list, err := readRules(command, args, len(args) > 0)
		if err != nil {
			return err
		}
		return policy.WriteDocs(streams.Out, list.Rules)
	}
	return command
}

// readRules are the rules of sources, with the built-in ones unless only their
// own are wanted.
func readRules(command *cobra.Command, names []string, own bool) (policy.List, error) {
	sources, err := openSources(command, names)
	if err != nil {
		return policy.List{}, err
	}
	engine, err := policy.Check(command.Context(), sources)
	if err != nil {
		return policy.List{}, err
	}
	list := policy.List{Revision: engine.Revision(), Rules: engine.Rules()}
	if own {
		list.Rules = policy.Own(engine)
	}
	return list, nil
}

func openSources(command *cobra.Command, names []string) ([]*policy.Source, error) {
	var sources []*policy.Source
	for _, name := range names {
		source, err := policy.Open(command.Context(), name, nil)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	return sources, nil
}

// keyFlags say what bundles must be signed with.
type keyFlags struct{ file, algorithm string }

func addKeyFlags(command *cobra.Command) *keyFlags {
	f := &keyFlags{}
	command.Flags().StringVar(&f.file, "key", "", "`file` that the signature is checked with: a public key or certificate (PEM), or an HMAC secret")
	command.Flags().StringVar(&f.algorithm, "key-algorithm", "", "the signature's `algorithm`, such as PS256; empty is the key's usual one")
	return f
}

// read is the key, or nil if none is given.
func (f *keyFlags) read() (*bundle.VerificationKey, error) {
	if f.file == "" {
		return nil, nil
	}
	return bundle.ReadVerificationKey(f.file, f.algorithm)
}
