package reference

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/inshore-dev/inshore/policies"
)

const introduction = `# Policies

<!-- Generated from the METADATA of policies/rules by "go generate ./policies". Do not edit. -->

Every front door of Inshore (admission, audit, review in CI) evaluates these rules on the object as it
is after mutation. An *error* refuses the object, a *warning* is shown and lets it pass. Only
objects that opted in are judged (` + "`inshore.dev/node-local: required` or `preferred`" + `), with two exceptions:
ISH106 reports a label of ours that was left on a Service which opted out, and ISH211 an annotation of ours on a pod
template.

Ids never change their meaning: ISH0xx are findings about the input itself, ISH1xx about Services,
ISH2xx about DaemonSets, ISH3xx about what relates them. A rule that fails to evaluate yields an error under its own
id, and the other rules answer as usual.

In messages, words in braces stand for values of the object.
`

// Markdown is docs/policies.md: every rule with what its METADATA says and the
// examples beside it. files is the policies folder.
func Markdown(rules []policies.Rule, files fs.FS) ([]byte, error) {
	var b strings.Builder
	b.WriteString(introduction)
	b.WriteString("\n| id | severity | judges | what is wrong |\n|---|---|---|---|\n")
	for _, rule := range rules {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", rule.ID, strings.ToLower(rule.ID), rule.Severity, kinds(rule), rule.Title)
	}
	for _, rule := range rules {
		if err := section(&b, rule, files); err != nil {
			return nil, err
		}
	}
	return []byte(b.String()), nil
}

func section(b *strings.Builder, rule policies.Rule, files fs.FS) error {
	fmt.Fprintf(b, "\n<a id=%q></a>\n\n## %s: %s\n\n", strings.ToLower(rule.ID), rule.ID, rule.Title)
	fmt.Fprintf(b, "*%s, since %s, judges %s*\n\n", rule.Severity, rule.Since, kinds(rule))
	fmt.Fprintf(b, "%s\n\n**Message:** %s\n\n**Remedy:** %s\n", rule.Description, rule.Message, rule.Remedy)
	if rule.Package == "" {
		return nil
	}
	if rule.Native == "" {
		b.WriteString("\n**Without the webhook:** `inshore native` renders it.\n")
	} else {
		fmt.Fprintf(b, "\n**Without the webhook:** `inshore native` leaves it out. %s\n", rule.Native)
	}
	for _, example := range []struct{ caption, file string }{{"Reported", "bad.yaml"}, {"Not reported", "good.yaml"}} {
		name := path.Join(folder(rule), example.file)
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("documenting %s: %w", rule.ID, err)
		}
		fmt.Fprintf(b, "\n%s:\n\n```yaml\n%s```\n", example.caption, source)
	}
	fmt.Fprintf(b, "\nSource: [policies/%s](../policies/%s)\n", folder(rule), folder(rule))
	return nil
}

// folder is the rule's folder in policies/: the package is the path.
func folder(rule policies.Rule) string {
	return strings.ReplaceAll(strings.TrimPrefix(rule.Package, "inshore."), ".", "/")
}

func kinds(rule policies.Rule) string {
	var names []string
	for _, kind := range rule.Kinds {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}
