package policy

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/inshore-dev/inshore/policies"
)

// maxMessage is how much of a rule's message kubectl shows as a warning, with
// room for the rest of its 256 bytes.
const maxMessage = 160

// Check makes an engine of sources the way the webhook does before it loads
// them: they compile, and every rule ends, errs not and makes sense.
func Check(ctx context.Context, sources []*Source) (*policies.Engine, error) {
	engine, err := policies.New(policies.Config{Bundles: Bundles(sources)})
	if err != nil {
		return nil, err
	}
	return engine, engine.Smoke(ctx)
}

// Own are the rules that are not built in.
func Own(engine *policies.Engine) []policies.Rule {
	var own []policies.Rule
	for _, rule := range engine.Rules() {
		if rule.Bundle != "" {
			own = append(own, rule)
		}
	}
	return own
}

// Advice says what of the conventions that the built-in rules keep these do
// not. Rules work without them; their users notice.
func Advice(source *Source, rules []policies.Rule) []string {
	var advice []string
	say := func(rule policies.Rule, format string, values ...any) {
		advice = append(advice, rule.ID+": "+fmt.Sprintf(format, values...))
	}
	for _, rule := range rules {
		if rule.Bundle != source.Name {
			continue
		}
		if rule.Title == "" {
			say(rule, "METADATA has no title: lists show it")
		}
		if rule.Description == "" {
			say(rule, "METADATA has no description: say what breaks, and why")
		}
		if !strings.Contains(rule.Message, "{object}") {
			say(rule, "the message does not name the {object}")
		}
		if length := len(rule.Message); length > maxMessage {
			say(rule, "the message has %d bytes; kubectl shows the first %d or so", length, maxMessage)
		}
		if source.Packed == nil && !hasTest(source.Files, rule.Package) {
			say(rule, "no *_test.rego has the package %s_test", rule.Package)
		}
	}
	return advice
}

// hasTest reports whether any test file has a package's tests.
func hasTest(files fs.FS, name string) bool {
	found := false
	_ = fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path.Base(file), "_test.rego") {
			return nil
		}
		text, _ := fs.ReadFile(files, file)
		found = found || strings.Contains(string(text), name+"_test")
		return nil
	})
	return found
}
