package audit

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/rollout"
)

// The reasons of events on policies.
const (
	ReasonRolloutStarted  = "RolloutStarted"
	ReasonRolloutPaused   = "RolloutPaused"
	ReasonRolloutComplete = "RolloutComplete"
	ReasonUndoComplete    = "UndoComplete"
)

const (
	actionRollout = "Rollout"
	noteUndone    = "no object follows the policy any more: each is as it was before"
	// statusInterval is the least time between two writes of a policy's status,
	// and statusRetry that after one that failed.
	statusInterval, statusRetry = 3 * time.Second, 30 * time.Second
)

// report says how far the policies are until ctx is done.
func (r *roller) report(ctx context.Context) {
	ticker := r.Clock.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C():
			r.survive("Saying how far roll-outs are", func() { r.say(ctx, r.Clock.Now()) })
		}
	}
}

// say brings metrics, events and statuses up to date.
func (r *roller) say(ctx context.Context, now time.Time) {
	for _, write := range r.due(now) {
		r.write(ctx, write)
	}
}

// due brings metrics and events up to date, and returns the statuses to write.
func (r *roller) due(now time.Time) (due []statusWrite) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, t := range r.tracked {
		counts := r.book.Counts(name)
		if t.policy == nil && counts == (rollout.Counts{}) {
			if t.undid {
				r.notices.onPolicy(name, "", corev1.EventTypeNormal, ReasonUndoComplete, noteUndone)
			}
			r.PolicyMetrics.forget(name)
			delete(r.tracked, name)
			continue
		}
		if !r.settled(t, now) {
			continue
		}
		step := r.next(name, t, counts, now)
		r.PolicyMetrics.show(name, counts, step)
		if t.policy != nil && r.turn(t, counts, step, now) {
			due = append(due, statusWrite{t.policy.Name, t.policy.UID, *t.status.DeepCopy()})
		}
	}
	return due
}

// next is the step to take for a policy, or why nothing may be changed at all.
func (r *roller) next(name string, t *tracked, counts rollout.Counts, now time.Time) rollout.Step {
	if held := r.held(); held != nil && counts.Pending > 0 {
		return rollout.Step{Reason: reasonHeld(held), Message: held.Error()}
	}
	return r.book.Next(t.plan(name), now)
}

func reasonHeld(held error) string {
	if held == errMode {
		return rollout.ReasonPaused
	}
	return rollout.ReasonNotRegistered
}

// turn makes the status of a policy what it is now, with an event if it turned to
// something else, and reports whether it is to be written.
func (r *roller) turn(t *tracked, counts rollout.Counts, step rollout.Step, now time.Time) bool {
	before := t.status.DeepCopy()
	said := func(kind, reason, note string) { r.notices.onPolicy(t.policy.Name, t.policy.UID, kind, reason, note) }
	running := t.status.Rollout
	switch {
	case counts.Pending > 0 && (running == nil || running.Generation != t.policy.Generation):
		t.status.Rollout = &v1alpha1.RolloutStatus{
			Generation: t.policy.Generation, ViolatingBefore: int32(counts.Violating), Started: metav1.NewTime(now.Truncate(time.Second)),
		}
		t.undid = false
		said(corev1.EventTypeNormal, ReasonRolloutStarted, fmt.Sprintf("%d objects are to be changed, at most %d a minute; %d break a rule and are left as they are",
			counts.Pending, t.plan(t.policy.Name).Rollout.ObjectsPerMinute, counts.Violating))
		step = r.next(t.policy.Name, t, counts, now)
	case counts.Pending == 0 && running != nil:
		t.status.Rollout = nil
		if t.policy.Spec.Enforcement == v1alpha1.EnforcementEnforce {
			said(corev1.EventTypeNormal, ReasonRolloutComplete, fmt.Sprintf("%d objects follow the policy, %d break a rule", counts.Enforced, counts.Violating))
		} else {
			said(corev1.EventTypeNormal, ReasonUndoComplete, noteUndone)
		}
	}
	t.status = rollout.Status(t.policy, t.status, counts, step, now)
	if step.Halted() && reasonOf(before) != step.Reason {
		said(corev1.EventTypeWarning, ReasonRolloutPaused, step.Message)
	}
	t.unsaid = t.unsaid || !equality.Semantic.DeepEqual(before, &t.status)
	if !t.unsaid || now.Before(t.next) {
		return false
	}
	t.unsaid, t.next = false, now.Add(statusInterval)
	return true
}

// write writes a policy's status.
func (r *roller) write(ctx context.Context, w statusWrite) {
	err := r.policies.apply(ctx, w)
	if err == nil || ctx.Err() != nil {
		return
	}
	r.Log.Error(err, "Writing the status of a policy; tried again", "policy", w.name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.tracked[w.name]; t != nil {
		t.unsaid, t.next = true, r.Clock.Now().Add(statusRetry)
	}
}

// reasonOf is that of condition Progressing.
func reasonOf(status *v1alpha1.NodeLocalPolicyStatus) string {
	for _, condition := range status.Conditions {
		if condition.Type == v1alpha1.ConditionProgressing {
			return condition.Reason
		}
	}
	return ""
}
