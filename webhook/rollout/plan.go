package rollout

import (
	"fmt"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Patience is how long a DaemonSet may make no progress before it counts as stuck.
const Patience = 5 * time.Minute

// The reasons of condition Progressing; [ReasonRollingOut] and [ReasonUndoing] go
// with True, the others with False.
const (
	ReasonRollingOut        = "RollingOut"
	ReasonUndoing           = "Undoing"
	ReasonComplete          = "Complete"
	ReasonPaused            = "Paused"
	ReasonViolationsRose    = "ViolationsRose"
	ReasonDaemonSetsUnready = "DaemonSetsUnready"
	ReasonNotEnforced       = "NotEnforced"
	ReasonNotRegistered     = "NotRegistered"
)

const unseenMessage = "waiting to see what was written"

// Policy is what the plan for one depends on.
type Policy struct {
	Name string
	// Generation tells one edit from the next; 0 for a policy that is gone.
	Generation int64
	Rollout    v1alpha1.Rollout
	// ViolatingBefore counts the violating objects when the roll-out began.
	ViolatingBefore int
}

// Step is what to do about a policy now.
type Step struct {
	// Change is the object to change next, if Found.
	Change Key
	Undo   bool
	Found  bool
	// Namespace is the one that is being changed.
	Namespace string
	// Reason is that of the condition, and Message says more.
	Reason, Message string
}

// Halted reports whether the step is to wait for a person, or for DaemonSets that
// do not come up.
func (s Step) Halted() bool {
	switch s.Reason {
	case ReasonPaused, ReasonViolationsRose, ReasonDaemonSetsUnready, ReasonNotRegistered:
		return true
	}
	return false
}

// Next is the step to take for a policy.
func (b *Book) Next(p Policy, now time.Time) Step {
	l := b.policies[p.Name]
	if l == nil || l.Pending == 0 {
		return Step{Reason: ReasonComplete, Message: "nothing is left to change"}
	}
	if p.Rollout.Paused {
		return Step{Reason: ReasonPaused, Message: "spec.rollout.paused is set"}
	}
	var back Step
	if l.Undo > 0 {
		if back = b.back(p, l, now); back.Found || l.Undo == l.Pending {
			return back
		}
	}
	return b.forth(p, l, now)
}

// forth brings the next object under the policy.
func (b *Book) forth(p Policy, l *ledger, now time.Time) Step {
	if most := p.ViolatingBefore + int(p.Rollout.MaxNewViolations); l.Violating > most {
		return Step{Reason: ReasonViolationsRose, Message: fmt.Sprintf(
			"%d objects break a rule; %d did when the roll-out began, and maxNewViolations is %d", l.Violating, p.ViolatingBefore, p.Rollout.MaxNewViolations)}
	}
	waits := b.following(p, now)
	most := max(1, int(p.Rollout.MaxUnreadyDaemonSets))
	if len(waits.keys) > most || len(waits.keys) == most && waits.stuck {
		return Step{Reason: ReasonDaemonSetsUnready, Message: fmt.Sprintf(
			"%d DaemonSets that follow the policy lack an available pod: %s; maxUnreadyDaemonSets is %d", len(waits.keys), waits, most)}
	}
	return b.choose(p, l, now, false, len(waits.keys) >= most, waits)
}

// back brings the next object back from under the policy.
func (b *Book) back(p Policy, l *ledger, now time.Time) Step {
	waits := b.letGo(p, now)
	return b.choose(p, l, now, true, len(waits.keys) >= max(1, int(p.Rollout.MaxUnreadyDaemonSets)), waits)
}

// choose finds the first object that may be changed. full is set while DaemonSets
// have to be waited for.
func (b *Book) choose(p Policy, l *ledger, now time.Time, undo, full bool, waits waits) Step {
	step := Step{Reason: ReasonRollingOut, Undo: undo}
	if undo {
		step.Reason = ReasonUndoing
	}
	refused := 0
	for _, namespace := range order(l.due, p.Rollout.First) {
		for o := range inOrder(b.namespaces[namespace].objects, undo) {
			if o.Due != p.Name || o.Undo != undo {
				continue
			}
			key := o.key(namespace)
			if r, found := b.refusals[key]; found && r.generation == p.Generation && now.Before(r.until) {
				refused++
				continue
			}
			if step.Namespace == "" {
				step.Namespace = namespace
			}
			if c, found := b.changes[key]; found && c.generation == p.Generation && now.Sub(c.at) < unseen {
				continue
			}
			if full {
				step.Message = "waiting for " + waits.String()
				return step
			}
			step.Change, step.Found, step.Namespace = key, true, namespace
			return step
		}
	}
	step.Message = unseenMessage
	if refused > 0 && step.Namespace == "" {
		step.Message = fmt.Sprintf("the API server refuses to have %d objects changed; they are tried again, see their events", refused)
	}
	return step
}

// inOrder are objects in the order in which they are changed: DaemonSets first. Undo
// goes backwards, so that a Service's calls may leave the node before its DaemonSet
// is replaced with a gap again.
func inOrder(objects []Object, undo bool) func(yield func(Object) bool) {
	return func(yield func(Object) bool) {
		for i := range objects {
			if undo {
				i = len(objects) - 1 - i
			}
			if !yield(objects[i]) {
				return
			}
		}
	}
}

// order are the namespaces of due, those of first before the others.
func order(due map[string]int, first []string) []string {
	names := make([]string, 0, len(due))
	for _, name := range first {
		if due[name] > 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	rest := make([]string, 0, len(due))
	for name := range due {
		if !slices.Contains(first, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}
