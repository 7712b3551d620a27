package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Rule is what METADATA says of one rule.
type Rule struct {
	// ID is the rule's name for ever, for example ISH201.
	ID string `json:"id"`
	// Title is one line.
	Title string `json:"title"`
	// Description explains what breaks and why, in paragraphs.
	Description string   `json:"description"`
	Severity    Severity `json:"severity"`
	// Message and Remedy are templates: {object} and the finding's values in
	// braces are filled in.
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
	// Since is the first release with the rule.
	Since string `json:"since"`
	// Kinds are the kinds of object that the rule judges.
	Kinds []v1alpha1.Kind `json:"kinds"`
	// Package is the Rego package, for example
	// inshore.rules.daemonset.host_port; empty for the findings that Go
	// makes.
	Package string `json:"package,omitempty"`
	// Native says why CEL cannot express the rule; empty if CEL can, which is
	// then in native.cel.yaml beside it, or if nobody has said.
	Native string `json:"native,omitempty"`
	// Bundle is the name of the bundle that the rule is from, as [Named] gave
	// it; empty for the built-in rules.
	Bundle string `json:"bundle,omitempty"`
}

// violationName is the partial set by which a rule reports.
const violationName = "violation"

// rule is a Rule ready for evaluation.
type rule struct {
	Rule
	message, remedy template
	// violation refers to the rule's partial set.
	violation ast.Ref
}

// ruleOf reads a module's METADATA. It is nil, without an error, for a module
// that has no custom.id: a library.
func ruleOf(module *ast.Module) (*rule, error) {
	annotations := packageAnnotations(module)
	if annotations == nil || annotations.Custom["id"] == nil {
		return nil, nil
	}
	r := &rule{Rule: Rule{
		ID:          text(annotations.Custom, "id"),
		Title:       annotations.Title,
		Description: strings.TrimSpace(annotations.Description),
		Severity:    Severity(text(annotations.Custom, "severity")),
		Message:     text(annotations.Custom, "message"),
		Remedy:      text(annotations.Custom, "remedy"),
		Since:       text(annotations.Custom, "since"),
		Kinds:       kinds(annotations.Custom),
		Package:     strings.TrimPrefix(module.Package.Path.String(), "data."),
		Native:      text(annotations.Custom, "native"),
	}}
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("reading METADATA of %s: %w", r.Package, err)
	}
	if !hasViolation(module) {
		return nil, fmt.Errorf("%s has an id but no partial set %q", r.Package, violationName)
	}
	r.message, r.remedy = newTemplate(r.Message), newTemplate(r.Remedy)
	r.violation = module.Package.Path.Append(ast.StringTerm(violationName))
	return r, nil
}

// validate checks what evaluation depends on; the conventions check the rest.
func (r *rule) validate() error {
	switch {
	case r.ID == "":
		return fmt.Errorf("custom.id must be a text")
	case r.Severity != SeverityError && r.Severity != SeverityWarning:
		return fmt.Errorf("custom.severity of %s is %q; allowed are %q and %q", r.ID, r.Severity, SeverityError, SeverityWarning)
	case r.Message == "" || r.Remedy == "":
		return fmt.Errorf("custom.message and custom.remedy of %s must be texts", r.ID)
	case len(r.Kinds) == 0:
		return fmt.Errorf("custom.kinds of %s must list %q, %q or both", r.ID, v1alpha1.KindService, v1alpha1.KindDaemonSet)
	}
	for _, kind := range r.Kinds {
		if kind != v1alpha1.KindService && kind != v1alpha1.KindDaemonSet {
			return fmt.Errorf("custom.kinds of %s has %q; allowed are %q and %q", r.ID, kind, v1alpha1.KindService, v1alpha1.KindDaemonSet)
		}
	}
	return nil
}

func packageAnnotations(module *ast.Module) *ast.Annotations {
	i := slices.IndexFunc(module.Annotations, func(a *ast.Annotations) bool { return a.Scope == "package" })
	if i < 0 {
		return nil
	}
	return module.Annotations[i]
}

// hasViolation accepts `violation contains …` only: any other shape could be
// undefined, and an undefined verdict cannot be told from a good one.
func hasViolation(module *ast.Module) bool {
	return slices.ContainsFunc(module.Rules, func(r *ast.Rule) bool {
		return string(r.Head.Name) == violationName && r.Head.RuleKind() == ast.MultiValue
	})
}

func text(custom map[string]any, key string) string {
	value, _ := custom[key].(string)
	return strings.TrimSpace(value)
}

func kinds(custom map[string]any) []v1alpha1.Kind {
	list, _ := custom["kinds"].([]any)
	kinds := make([]v1alpha1.Kind, 0, len(list))
	for _, item := range list {
		name, _ := item.(string)
		kinds = append(kinds, v1alpha1.Kind(name))
	}
	return kinds
}
