package review

import (
	"context"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Verdict is what admission would do with one Service or DaemonSet.
type Verdict struct {
	Ref
	// Asked reports whether the object carries an annotation of ours, or a policy
	// holds for it; else admission is never called for it and the rest is empty.
	Asked  bool
	Intent v1alpha1.Intent
	// Policy is the name of the NodeLocalPolicy that the object follows once it is
	// admitted; empty if none.
	Policy string
	// Changes are what mutation writes, Patch the same as RFC 6902.
	Changes []mutate.Change
	Patch   mutate.Patch
	// Warnings are mutation's own, and what a policy that is not enforced would
	// write: shown by kubectl on admission. Refused says why mutation leaves alone an
	// object that asked for more.
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
	if config.governs() {
		return judgeGoverned(ctx, config, s, relations)
	}
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
	verdict.place(decision, asked.positions)
	return verdict
}

// place adds the findings at their lines.
func (v *Verdict) place(decision policies.Decision, positions manifest.Positions) {
	for _, result := range decision.Results {
		v.Findings = append(v.Findings, Finding{Result: result, Line: positions.Line(result.Field)})
	}
	for _, excepted := range decision.Excepted {
		v.Excepted = append(v.Excepted, ExceptedFinding{Excepted: excepted, Line: positions.Line(excepted.Field)})
	}
}
