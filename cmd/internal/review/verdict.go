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

// judge judges an object that is asked about.
func judge(ctx context.Context, config Config, s *kept, relations *relations) Verdict {
	asked := s.question
	object := asked.object.Object()
	document := &input.Document{
		Object:    object,
		Operation: input.OperationCreate,
		Namespace: relations.around(s),
		Platform:  config.Platform,
		Related:   relations.to(s, object),
	}
	decision := validate.Judge(ctx, config.Rules, document)
	verdict := Verdict{Ref: s.Ref, Asked: true, Intent: document.Intent}
	if m := asked.mutation; m != nil {
		verdict.Changes, verdict.Patch, verdict.Warnings, verdict.Refused = m.Changes, m.Patch, m.Warnings, m.Refused
	}
	for _, result := range decision.Results {
		verdict.Findings = append(verdict.Findings, Finding{Result: result, Line: asked.positions.Line(result.Field)})
	}
	for _, excepted := range decision.Excepted {
		verdict.Excepted = append(verdict.Excepted, ExceptedFinding{Excepted: excepted, Line: asked.positions.Line(excepted.Field)})
	}
	return verdict
}
