package review

import (
	"context"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Verdict is what admission would do with one Service or DaemonSet.
type Verdict struct {
	Ref
	// Asked reports whether the object carries an annotation of ours; without
	// one, admission is never called for it and the rest is empty.
	Asked  bool
	Intent v1alpha1.Intent
	// Changes are what mutation writes, Patch the same as RFC 6902.
	Changes []mutate.Change
	Patch   mutate.Patch
	// Warnings are mutation's own, shown by kubectl on admission; Refused says
	// why it leaves alone an object that asked for more.
	Warnings []string
	Refused  string
	Findings []Finding
	// Excepted are findings that a NodeLocalPolicy lets pass.
	Excepted []ExceptedFinding
}

// Finding is a rule's result and the line it is about.
type Finding struct {
	policies.Result
	Line int
}

// ExceptedFinding is a finding that does not count, and the line it is about.
type ExceptedFinding struct {
	policies.Excepted
	Line int
}

func judge(ctx context.Context, config Config, s *subject, relations relations) Verdict {
	verdict := Verdict{Ref: s.Ref, Asked: s.asked}
	if !s.asked {
		return verdict
	}
	verdict.Intent = s.intent
	verdict.Changes, verdict.Patch = s.mutation.Changes, s.mutation.Patch
	verdict.Warnings, verdict.Refused = s.mutation.Warnings, s.mutation.Refused
	decision := validate.Judge(ctx, config.Rules, &input.Document{
		Object:    s.object,
		Operation: input.OperationCreate,
		Namespace: input.Namespace{Name: s.Namespace},
		Platform:  config.Platform,
		Related:   relations.to(s),
	})
	for _, result := range decision.Results {
		verdict.Findings = append(verdict.Findings, Finding{Result: result, Line: s.positions.Line(result.Field)})
	}
	for _, excepted := range decision.Excepted {
		verdict.Excepted = append(verdict.Excepted, ExceptedFinding{Excepted: excepted, Line: s.positions.Line(excepted.Field)})
	}
	return verdict
}
