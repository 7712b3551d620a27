package review

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// rule is what the METADATA of a rule says that the wrapper needs.
type rule struct {
	ID, Severity, Kinds, Package string
}

var (
	ruleID       = regexp.MustCompile(`(?m)^#   id: (\S+)$`)
	ruleSeverity = regexp.MustCompile(`(?m)^#   severity: (\w+)$`)
	ruleKinds    = regexp.MustCompile(`(?m)^#   kinds: \[([\w, ]+)\]$`)
	rulePackage  = regexp.MustCompile(`(?m)^package (\S+)$`)
)

// writePolicy writes the rules below policies, a checkout's folder, and the
// wrapper for conftest to a folder, and returns how many rules there are.
func writePolicy(policies, folder string) (int, error) {
	var rules []rule
	for _, part := range []string{"lib", "rules"} {
		err := filepath.WalkDir(filepath.Join(policies, part), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".rego" || strings.HasSuffix(path, "_test.rego") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if part == "rules" {
				rules = append(rules, rule{
					ID: match(ruleID, source), Severity: match(ruleSeverity, source),
					Kinds: match(ruleKinds, source), Package: match(rulePackage, source),
				})
			}
			return os.WriteFile(filepath.Join(folder, part+"-"+filepath.Base(path)), source, 0o644)
		})
		if err != nil {
			return 0, fmt.Errorf("copy the rules: %w", err)
		}
	}
	for _, rule := range rules {
		if rule.ID == "" || rule.Severity == "" || rule.Kinds == "" || rule.Package == "" {
			return 0, fmt.Errorf("read the METADATA of a rule: not all of it is there: %+v", rule)
		}
	}
	var text strings.Builder
	if err := wrapper.Execute(&text, rules); err != nil {
		return 0, fmt.Errorf("make conftest's package main: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "main.rego"), []byte(text.String()), 0o644); err != nil {
		return 0, fmt.Errorf("write conftest's package main: %w", err)
	}
	return len(rules), nil
}

func match(expression *regexp.Regexp, source []byte) string {
	if found := expression.FindSubmatch(source); found != nil {
		return string(found[1])
	}
	return ""
}

// wrapper makes the document that the rules read and evaluates all of them
// under one `with`: under one each, conftest would take longer.
var wrapper = template.Must(template.New("main.rego").Parse(`package main

import rego.v1

deny contains {"msg": finding.text} if {
	some finding in _found
	finding.severity == "error"
}

warn contains {"msg": finding.text} if {
	some finding in _found
	finding.severity == "warning"
}

_found contains finding if {
	input.kind in {"Service", "DaemonSet"}
	some key, _ in input.metadata.annotations
	startswith(key, "inshore.dev/")
	some finding in _findings with input as _document
}

_document := {
	"object": input,
	"operation": "CREATE",
	"namespace": {"name": input.metadata.namespace},
	"intent": {"nodeLocal": input.metadata.annotations["inshore.dev/node-local"]},
	"platform": {"kubernetes": {"major": 1, "minor": 36}},
	"related": {},
}

_text(id, severity, finding) := sprintf("%s %s %s %s/%s %s", [
	id, severity, input.object.kind,
	input.object.metadata.namespace, input.object.metadata.name, finding.field,
])
{{range .}}
_findings contains {"severity": "{{.Severity}}", "text": _text("{{.ID}}", "{{.Severity}}", finding)} if {
	contains("{{.Kinds}}", input.object.kind)
	some finding in data.{{.Package}}.violation
}
{{end}}`))
