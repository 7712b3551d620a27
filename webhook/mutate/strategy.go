package mutate

import (
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

const (
	pointerStrategy = "/spec/updateStrategy"
	pointerRolling  = "/spec/updateStrategy/rollingUpdate"
)

var (
	strategyType   = place{pointerStrategy + "/type", "spec.updateStrategy.type"}
	maxSurge       = place{pointerRolling + "/maxSurge", "spec.updateStrategy.rollingUpdate.maxSurge"}
	maxUnavailable = place{pointerRolling + "/maxUnavailable", "spec.updateStrategy.rollingUpdate.maxUnavailable"}
)

const (
	whyRolling     = "Only a rolling update can start a node's new pod before it stops the old one."
	whySurge       = "A surge starts a node's new pod before the old one stops, so that the node is never without."
	whyUnavailable = "No old pod may stop before its successor is available; and Kubernetes allows only one of the two fields to be other than 0."
)

// rolling is an update strategy without its parents: three optional fields.
type rolling struct {
	kind                  *string
	surge, maxUnavailable *intstr.IntOrString
}

func flatten(s *input.UpdateStrategy) rolling {
	var r rolling
	if s == nil {
		return r
	}
	if s.Type != "" {
		r.kind = &s.Type
	}
	if s.RollingUpdate != nil {
		r.surge, r.maxUnavailable = s.RollingUpdate.MaxSurge, s.RollingUpdate.MaxUnavailable
	}
	return r
}

func (r rolling) equal(other rolling) bool {
	return same(r.kind, other.kind) && same(r.surge, other.surge) && same(r.maxUnavailable, other.maxUnavailable)
}

// strategy settles the update strategy. Its three fields are decided together,
// because the API server refuses half of a pair.
func (e *edit) strategy(now *input.UpdateStrategy, intent v1alpha1.Intent) *input.UpdateStrategy {
	sent := flatten(now)
	mine := e.ownRolling(sent)
	target := mine
	if e.asked != "" {
		target = rolling{pointer("RollingUpdate"), pointer(intent.SurgeOrDefault()), pointer(intstr.FromInt32(0))}
		if mine.maxUnavailable != nil && isZero(*mine.maxUnavailable) {
			target.maxUnavailable = mine.maxUnavailable // "0%" says it too
		}
		e.warnSurge(sent, mine, target, intent)
	}
	note(e, strategyType, sent.kind, mine.kind, target.kind, whyRolling)
	note(e, maxSurge, sent.surge, mine.surge, target.surge, whySurge)
	note(e, maxUnavailable, sent.maxUnavailable, mine.maxUnavailable, target.maxUnavailable, whyUnavailable)
	if target.equal(sent) {
		return now
	}
	return e.writeRolling(now, sent, target)
}

// ownRolling is the strategy without us. If the user has changed one of the
// pair since we wrote both, putting the other back would leave both or neither
// other than zero, which the API server refuses; the user's latest word wins.
func (e *edit) ownRolling(sent rolling) rolling {
	var mine rolling
	var surgeRestored, unavailableRestored bool
	mine.kind, _ = own(&e.history, strategyType.pointer, sent.kind)
	mine.surge, surgeRestored = own(&e.history, maxSurge.pointer, sent.surge)
	mine.maxUnavailable, unavailableRestored = own(&e.history, maxUnavailable.pointer, sent.maxUnavailable)
	if !surgeRestored && !unavailableRestored && e.asked == "" {
		return mine // not ours to mend
	}
	surges, stops := mine.surge != nil && !isZero(*mine.surge), mine.maxUnavailable == nil || !isZero(*mine.maxUnavailable)
	switch {
	case surges && stops && surgeRestored && !unavailableRestored:
		mine.surge = pointer(intstr.FromInt32(0))
	case surges && stops:
		mine.maxUnavailable = pointer(intstr.FromInt32(0))
	case !surges && !stops:
		mine.maxUnavailable = pointer(intstr.FromInt32(1)) // Kubernetes' default
	}
	return mine
}

func isZero(v intstr.IntOrString) bool {
	if v.Type == intstr.Int {
		return v.IntVal == 0
	}
	return strings.Trim(v.StrVal, "0") == "%"
}

// writeRolling appends the fewest operations that lead to the target, and
// creates or removes parents that the target has more or less of.
func (e *edit) writeRolling(now *input.UpdateStrategy, sent, target rolling) *input.UpdateStrategy {
	after := unflatten(now, target)
	switch {
	case after == nil:
		e.remove(pointerStrategy)
		return nil
	case now == nil:
		e.add(pointerStrategy, mustJSON(after))
		return after
	}
	move(e, strategyType, sent.kind, target.kind)
	switch {
	case now.RollingUpdate != nil && after.RollingUpdate == nil:
		e.remove(pointerRolling)
	case now.RollingUpdate == nil && after.RollingUpdate != nil:
		e.add(pointerRolling, mustJSON(after.RollingUpdate))
	default:
		move(e, maxSurge, sent.surge, target.surge)
		move(e, maxUnavailable, sent.maxUnavailable, target.maxUnavailable)
	}
	return after
}

// unflatten builds the parents that the fields need. A parent whose last field
// goes goes too, because an API server stores neither of them empty.
func unflatten(now *input.UpdateStrategy, r rolling) *input.UpdateStrategy {
	after := &input.UpdateStrategy{}
	if r.kind != nil {
		after.Type = *r.kind
	}
	if r.surge != nil || r.maxUnavailable != nil {
		after.RollingUpdate = &input.RollingUpdate{MaxSurge: r.surge, MaxUnavailable: r.maxUnavailable}
	} else if r.kind == nil {
		return nil
	}
	return after
}

func mustJSON(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic("mutate: encoding a projection: " + err.Error()) // structs of strings and numbers cannot fail
	}
	return text
}
