package audit

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/rollout"
)

const (
	// settleEdit is how long a policy must be left alone before objects follow an
	// edit: one that is edited all the time changes them once, at the end.
	settleEdit = 3 * time.Second
	// idle is how often to look for something to do, busy how often to look again
	// while all hands are full.
	idle, busy = time.Second, 10 * time.Millisecond
	// hands is how many objects are changed at a time.
	hands = 4
)

// roller brings the objects that exist under the policies that hold for them, and
// back, one step of the plan after another.
type roller struct {
	*Audit
	objects
	policies *policyWriter
	notices  *notices
	jobs     chan job

	mu sync.Mutex
	// began is when we first heard which policies there are: whatever was judged
	// since was judged by us.
	began   time.Time
	book    *rollout.Book
	tracked map[string]*tracked
	// stored are the statuses as the leader before left them.
	stored map[types.UID]v1alpha1.NodeLocalPolicyStatus
}

// tracked is what is known of a policy besides what it says.
type tracked struct {
	// policy is nil once it is gone.
	policy *enforcement.Policy
	uid    types.UID
	// changed is when the policy was seen to be another than before, and known is
	// set once everything was judged by it.
	changed time.Time
	known   bool
	pace    rollout.Pace
	step    rollout.Step
	// undid is set if the roll-out under way took objects out.
	undid  bool
	status v1alpha1.NodeLocalPolicyStatus
	// unsaid is set while the status is not written that is to be, and next is when
	// it may be.
	unsaid bool
	next   time.Time
}

// job is an object to change.
type job struct {
	plan rollout.Policy
	key  rollout.Key
	undo bool
}

func newRoller(a *Audit) *roller {
	return &roller{
		Audit: a, objects: objects{a.rolls, "inshore-rollout"}, policies: &policyWriter{a.client},
		notices: newNotices(a), jobs: make(chan job, hands),
		book: rollout.NewBook(a.Daemons), tracked: map[string]*tracked{},
	}
}

// learn reads what the leader before has found and begun. Without that, roll-outs
// that are under way count as begun now.
func (r *roller) learn(ctx context.Context) {
	stored, err := r.policies.load(ctx)
	if err != nil && ctx.Err() == nil {
		r.Log.Error(err, "What is known of roll-outs under way is not")
	}
	r.stored = stored
}

// run changes objects until ctx is done.
func (r *roller) run(ctx context.Context) {
	var group sync.WaitGroup
	for range hands {
		group.Go(func() {
			for job := range r.jobs {
				r.one(ctx, job)
			}
		})
	}
	group.Go(func() { r.report(ctx) })
	for ctx.Err() == nil {
		wait := idle
		r.survive("Planning roll-outs", func() { wait = r.dispatch(r.Clock.Now()) })
		select {
		case <-ctx.Done():
		case <-r.Clock.After(wait):
		}
	}
	close(r.jobs)
	group.Wait()
}

// survive takes one look at all policies. A panic costs that look: it would end the next
// leader as well, and admission with the last replica.
func (r *roller) survive(doing string, look func()) {
	defer func() {
		if cause := recover(); cause != nil {
			r.Log.Error(fmt.Errorf("panic: %v", cause), doing+"; please report this", "stack", string(debug.Stack()))
		}
	}()
	look()
}

// observe notes which policies there are. It comes before whatever else is done
// because of a change of them: a pass that begins after it knows them.
func (r *roller) observe(set *enforcement.Set, namespaces []string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	there, news := map[string]bool{}, r.began.IsZero()
	if news {
		r.began = now
	}
	for _, policy := range set.Policies() {
		there[policy.Name] = true
		t := r.tracked[policy.Name]
		if t == nil {
			t = &tracked{}
			r.tracked[policy.Name] = t
		}
		if t.uid != policy.UID {
			t.uid, t.status = policy.UID, r.stored[policy.UID] // another one of that name
		}
		if t.policy == nil || t.policy.UID != policy.UID || t.policy.Generation != policy.Generation {
			t.changed, t.known, news = now, false, true
		}
		t.policy = policy
	}
	for name, t := range r.tracked {
		if t.policy != nil && !there[name] {
			t.policy, t.changed, t.known, news = nil, now, false, true
		}
	}
	if news {
		r.book.Expect(namespaces)
	}
}

// judged takes what a pass over a namespace found.
func (r *roller) judged(namespace string, found []rollout.Object, began time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.book.Put(namespace, found, began)
	for _, name := range r.book.Policies() {
		if r.tracked[name] == nil {
			// It was gone before we came, so all that we have judged was judged
			// without it, also before we met the first object that follows it.
			r.tracked[name] = &tracked{changed: r.began}
		}
	}
}

// dispatch hands out what is due, and returns when to look again.
func (r *roller) dispatch(now time.Time) (wait time.Duration) {
	wait = idle
	if r.held() != nil {
		return wait
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, t := range r.tracked {
		if !r.settled(t, now) || !t.begun() {
			continue
		}
		plan := t.plan(name)
		for {
			if t.step = r.book.Next(plan, now); !t.step.Found {
				break
			}
			if len(r.jobs) == cap(r.jobs) {
				wait = min(wait, busy)
				break
			}
			pause, taken := t.pace.Take(now, plan.Rollout.ObjectsPerMinute)
			if !taken {
				wait = min(wait, pause)
				break
			}
			t.undid = t.undid || t.step.Undo
			r.book.Written(plan, t.step.Change, t.step.Undo, now)
			r.jobs <- job{plan, t.step.Change, t.step.Undo} // there is room: only we send
		}
	}
	return wait
}

// settled reports whether a policy has been left alone for a while and everything
// was judged by it.
func (r *roller) settled(t *tracked, now time.Time) bool {
	if now.Sub(t.changed) < settleEdit {
		return false
	}
	if !t.known {
		t.known = r.book.KnownSince(t.changed)
	}
	return t.known
}

// begun reports whether it was noted how things stood before the roll-out.
func (t *tracked) begun() bool {
	return t.policy == nil || t.status.Rollout != nil && t.status.Rollout.Generation == t.policy.Generation
}

// held is why nothing may be changed at all; nil if it may.
func (r *roller) held() error {
	if r.Mode != ModeRepair {
		return errMode
	}
	return r.Registered()
}

// plan is what the steps for a policy depend on.
func (t *tracked) plan(name string) rollout.Policy {
	plan := rollout.Policy{Name: name}
	if t.policy == nil {
		plan.Rollout = (&v1alpha1.NodeLocalPolicySpec{}).RolloutOrDefault()
		return plan
	}
	plan.Generation, plan.Rollout = t.policy.Generation, t.policy.Spec.RolloutOrDefault()
	if t.status.Rollout != nil {
		plan.ViolatingBefore = int(t.status.Rollout.ViolatingBefore)
	}
	return plan
}
