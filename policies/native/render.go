package native

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
)

// Config is what the policies depend on.
type Config struct {
	// Rules are those in force, as [policies.Engine.Rules] lists them.
	Rules []policies.Rule
	// Platform is the cluster that the policies are meant for; below
	// Kubernetes 1.32 it knows no MutatingAdmissionPolicy at all.
	Platform v1alpha1.Platform
}

// Policies are the objects to apply, and what they leave out.
type Policies struct {
	// Objects are policies, each followed by its binding.
	Objects []any
	// Rules tells of every rule whether the policies hold it.
	Rules []Coverage
	// Limits are what the policies do otherwise than the webhook, each a
	// sentence or two.
	Limits []string
}

// Coverage is what becomes of one rule.
type Coverage struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Expressed reports whether CEL says it.
	Expressed bool `json:"expressed"`
	// Reason is why not; empty if expressed.
	Reason string `json:"reason,omitempty"`
}

var kinds = []v1alpha1.Kind{v1alpha1.KindService, v1alpha1.KindDaemonSet}

// Render writes the policies. The error is a fault of the rules' CEL files.
func Render(config Config) (*Policies, error) {
	p := &Policies{Limits: limits(config.Platform.Kubernetes)}
	rules := make([]expressedRule, 0, len(config.Rules))
	for _, rule := range config.Rules {
		cel, found, err := celOf(rule)
		if err != nil {
			return nil, err
		}
		coverage := Coverage{ID: rule.ID, Title: rule.Title, Expressed: found}
		if found {
			rules = append(rules, expressedRule{rule, cel})
		} else {
			coverage.Reason = reasonOf(rule)
		}
		p.Rules = append(p.Rules, coverage)
	}
	for _, kind := range kinds {
		if err := p.add(kind, config.Platform, rules); err != nil {
			return nil, fmt.Errorf("rendering the policies for %s: %w", kind, err)
		}
	}
	return p, nil
}

// expressedRule is a rule with its CEL.
type expressedRule struct {
	policies.Rule
	cel expressed
}

func reasonOf(rule policies.Rule) string {
	switch {
	case rule.Native != "":
		return rule.Native
	case rule.ID == policies.IDMalformed:
		return "It is about files; what reaches an API server has been read."
	}
	return "It has no " + policies.NativeFile + " and its METADATA no custom.native."
}

// add appends the policies of a kind with their bindings.
func (p *Policies) add(kind v1alpha1.Kind, platform v1alpha1.Platform, rules []expressedRule) error {
	shared, err := library(kind, platform)
	if err != nil {
		return err
	}
	var own []expressedRule
	for _, rule := range rules {
		if slices.Contains(rule.Kinds, kind) {
			own = append(own, rule)
			shared = append(shared, rule.cel.Variables...)
			shared = append(shared, variable{Name: rule.ID, Expression: texts(rule.Rule, rule.cel.Findings)})
		}
	}
	if version := mutatingVersion(platform.Kubernetes); version != "" {
		m, err := mutationOf(kind)
		if err != nil {
			return err
		}
		p.Objects = append(p.Objects, mutating(kind, version, append(slices.Clip(shared), m.Variables...), m.Patches)...)
	}
	p.Objects = append(p.Objects, denying(kind, shared, own)...)
	p.Objects = append(p.Objects, warning(kind, shared, own)...)
	return nil
}

func limits(version v1alpha1.Version) []string {
	all := []string{
		"Opting out takes back the label and the readiness gate only. CEL reads no JSON, so there is no record (inshore.dev/previous) of what the fields held before; a warning says so.",
		"For the same reason a Service that goes from preferred to required keeps its trafficDistribution, and a grace period that a longer drain has lengthened stays as long.",
		"A wrong word is refused without a did-you-mean, and what inshore.dev/previous holds is not checked.",
		"What the webhook says while it mutates (one rollout starts, a surge is replaced, PreferClose is written) is not said.",
		"Exceptions and defaults of a NodeLocalPolicy do not apply.",
	}
	if mutatingVersion(version) == "" {
		all = append(all, fmt.Sprintf("Kubernetes %v has no MutatingAdmissionPolicy (1.32 is the first): fields and labels must be written by hand.", version))
	} else if !version.AtLeast(mutatingGA) {
		all = append(all, fmt.Sprintf("MutatingAdmissionPolicy is not on by default in Kubernetes %v: set --feature-gates=MutatingAdmissionPolicy=true and --runtime-config=%s/%s=true on the API server.",
			version, group, mutatingVersion(version)))
	}
	return all
}

// name of a policy and its binding: inshore-deny-services.
func name(verb string, kind v1alpha1.Kind) string { return "inshore-" + verb + "-" + plural(kind) }

func plural(kind v1alpha1.Kind) string { return strings.ToLower(string(kind)) + "s" }
