package rollout

import (
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/govern"
)

// Of is how an object stands to the policies by its position; false if it has
// nothing to do with any.
func Of(object input.Object, p govern.Position) (Object, bool) {
	// The name may be a part of something large.
	o := Object{Kind: object.Kind(), Name: strings.Clone(object.Meta().Name)}
	if p.Policy != nil {
		o.Holder = p.Policy.Name
		o.Follows = p.Standing == govern.Follows
		o.Violating = p.Trial.Denied()
	}
	if p.Standing == govern.Pending {
		o.Due, o.Undo = Due(p)
	}
	return o, o.Holder != "" || o.Due != ""
}

// Due is the policy in whose roll-out an object that is pending is changed, and
// whether that takes it out of the policy.
func Due(p govern.Position) (policy string, undo bool) {
	if p.Rollout.Object != nil && p.Policy != nil && p.Rollout.Object.Meta().Annotations[v1alpha1.AnnotationEnforcedBy] != "" {
		return p.Policy.Name, false
	}
	return strings.Clone(p.Followed), true
}
