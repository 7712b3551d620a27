package govern

import (
	"context"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Standing is how a stored object stands to the policies.
type Standing string

// The standings.
const (
	// None: no policy holds for the object, and it follows none.
	None Standing = "None"
	// OptedOut: one would, but for the object's annotation.
	OptedOut Standing = "OptedOut"
	// Unenforced: the policy that holds only audits or warns, and nothing stands
	// in the way of enforcing it.
	Unenforced Standing = "Unenforced"
	// Follows: the object follows the policy as it is today.
	Follows Standing = "Follows"
	// Pending: the roll-out has yet to write [Position.Rollout], be it to bring
	// the object under a policy or to take it out.
	Pending Standing = "Pending"
	// Violating: the policy would break a rule on the object, so that it is not
	// brought under it as it is today. It may follow the words of a day before.
	Violating Standing = "Violating"
)

// Position is where a stored object stands.
type Position struct {
	Standing Standing
	// Policy is the one that holds for the object, whatever it enforces; nil if
	// none does.
	Policy *enforcement.Policy
	// Followed is the name of the policy that the object follows; empty if none.
	// It may be another than Policy until the roll-out is there.
	Followed string
	// Repair is what admission would write if the object were sent as it is: what
	// it missed. It never brings the object under a policy or out of one.
	Repair mutate.Result
	// Decision is about the object after the repair.
	Decision policies.Decision
	// Rollout is what the roll-out is to write; empty but for Pending.
	Rollout mutate.Result
	// Trial is about the object as the policy that holds would make it, enforced or
	// not; where there is none it is Decision. An object counts as violating its
	// policy if Trial denies: also one that follows it and has come to break a
	// rule since.
	Trial policies.Decision
}

// Target is where a stored object stands. OldObject and Operation of the request
// are not looked at.
func Target(ctx context.Context, rules validate.Rules, r *Request) Position {
	stored := *r
	stored.Operation, stored.OldObject = input.OperationUpdate, r.Object
	repair, readable := Mutate(ctx, rules, &stored)
	p := Position{Standing: None, Repair: repair, Policy: holding(rules, &stored)}
	follows := recordOf(repair.Object)
	p.Followed = follows.says.Policy
	p.Decision = policies.Decision{Revision: rules.Engine.Revision()}
	if annotated(repair.Object) {
		_, p.Decision = try(ctx, rules, &stored, repair.Object)
	}
	p.Trial = p.Decision
	if !readable {
		if p.Policy != nil {
			p.Standing = Violating
		}
		return p
	}
	own, _ := v1alpha1.ParseOwn(r.Object.Kind(), r.Object.Meta().Annotations)
	p.stand(ctx, rules, &stored, own, follows)
	if forbidsOptOut(p.Policy, own) {
		p.Decision.Results = with(p.Decision.Results, policies.NoOptOut(r.Object, p.Policy.Name))
		p.Trial.Results = with(p.Trial.Results, policies.NoOptOut(r.Object, p.Policy.Name))
	}
	return p
}

// stand decides the standing of an object whose annotations can be read.
func (p *Position) stand(ctx context.Context, rules validate.Rules, r *Request, own v1alpha1.Intent, follows record) {
	asks := asked(p.Policy, r.Object.Kind(), own)
	switch {
	case asks.none():
		if p.Policy != nil {
			p.Standing = OptedOut
		}
	case enforced(p.Policy) && asks.text == follows.text:
		p.Standing = Follows
		return
	default:
		result := write(r, own, asks)
		_, p.Trial = trial(ctx, rules, r, p.Policy, result.Object)
		switch {
		case p.Trial.Denied():
			p.Standing = Violating
			if enforced(p.Policy) && follows.says.Policy == p.Policy.Name {
				return // it stays with the words that it follows
			}
		case enforced(p.Policy):
			p.Standing, p.Rollout = Pending, result
			return
		default:
			p.Standing = Unenforced
		}
	}
	if !follows.none() {
		p.Standing, p.Rollout = Pending, write(r, own, record{})
	}
}
