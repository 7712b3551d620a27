package rollout

import (
	"cmp"
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Key names a Service or a DaemonSet.
type Key struct {
	Kind            v1alpha1.Kind
	Namespace, Name string
}

// String is kind, namespace and name, as messages have it.
func (k Key) String() string { return fmt.Sprintf("%s %s/%s", k.Kind, k.Namespace, k.Name) }

// compareKeys is the order in which objects of one namespace are changed.
func compareKeys(a, b Key) int {
	// "DaemonSet" sorts before "Service".
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

// Object is how a Service or a DaemonSet stands to the policies.
type Object struct {
	Kind v1alpha1.Kind
	Name string
	// Holder is the policy that holds for it; empty if none does.
	Holder string
	// Due is the policy whose roll-out has to change the object: the one that it
	// is to follow, or with Undo the one that it follows no longer. Empty if the
	// object is as it should be.
	Due  string
	Undo bool
	// Follows is set on an object that is as its holder wants it, Violating on one
	// that breaks a rule or would if its holder were followed.
	Follows, Violating bool
}

// Counts are about one policy.
type Counts struct {
	// Matched are the objects that the policy holds for, Enforced those of them
	// that follow it as it is today, Violating those that break a rule.
	Matched, Enforced, Violating int
	// Pending are to be changed, Undo those of them that are to follow it no
	// longer, and Refused those that the API server would not have changed.
	Pending, Undo, Refused int
}
