package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/rollout"
)

// The plan's order is that of the roll-out, which decides one step at a time.
func TestTheOrderIsTheRolloutsOwn(t *testing.T) {
	inForce := policy("everybody", everybody+"enforcement: Enforce\nobjectSelector: {matchLabels: {}}\n")
	for name, test := range map[string]*Plan{
		"in":  made(t, Proposal{}, []*v1alpha1.NodeLocalPolicy{inForce}, town()...),
		"out": made(t, Proposal{Off: []string{"everybody"}}, []*v1alpha1.NodeLocalPolicy{inForce}, following(t)...),
	} {
		t.Run(name, func(t *testing.T) {
			part := test.Policies[0]
			var want []string
			for _, change := range part.Changes {
				want = append(want, change.Object.String())
			}
			if diff := cmp.Diff(want, steps(part)); diff != "" || len(want) < 4 {
				t.Errorf("the roll-out takes another order (-plan +roll-out):\n%s", diff)
			}
		})
	}
}

// steps are the objects in the order in which the roll-out of a policy takes them.
func steps(part Policy) []string {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	book := rollout.NewBook(rollout.NewDaemons(clocktesting.NewFakePassiveClock(now)))
	objects := map[string][]rollout.Object{}
	for _, change := range part.Changes {
		objects[change.Namespace] = append(objects[change.Namespace], rollout.Object{
			Kind: change.Kind, Name: change.Name, Holder: part.Name, Due: part.Name, Undo: change.Undo,
		})
	}
	for namespace, list := range objects {
		book.Put(namespace, list, now)
	}
	policy := rollout.Policy{Name: part.Name, Generation: 1, Rollout: part.Rollout}
	policy.Rollout.MaxUnreadyDaemonSets = 1000 // nothing is waited for
	var taken []string
	for {
		step := book.Next(policy, now)
		if !step.Found {
			return taken
		}
		taken = append(taken, strings.TrimSpace(step.Change.String()))
		book.Written(policy, step.Change, step.Undo, now)
	}
}
