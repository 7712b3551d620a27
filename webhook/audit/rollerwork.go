package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/rollout"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// The reasons of events on objects that a roll-out changes.
const (
	ReasonPolicyApplied  = "PolicyApplied"
	ReasonPolicyUndone   = "PolicyUndone"
	ReasonRolloutRefused = "RolloutRefused"
)

var (
	errMode = errors.New("--audit is not repair, so nothing is changed")
	// errNotKept: admission takes out a record that is not of today's policy, and
	// lets the request pass.
	errNotKept = errors.New("the API server took the patch and stored something else: " +
		"a replica has yet to hear of the policy, or another webhook changes what was written")
)

// sameRecord reports whether two objects follow the same words.
func sameRecord(a, b input.Object) bool {
	return a.Meta().Annotations[v1alpha1.AnnotationEnforcedBy] == b.Meta().Annotations[v1alpha1.AnnotationEnforcedBy]
}

// one changes an object.
func (r *roller) one(ctx context.Context, j job) {
	// As for a pass: a panic must not end the process.
	defer func() {
		if cause := recover(); cause != nil {
			r.PolicyMetrics.changes.WithLabelValues(j.plan.Name, failed).Inc()
			r.Log.Error(fmt.Errorf("panic: %v", cause), "Rolling a policy out; please report this",
				"policy", j.plan.Name, "object", j.key.String(), "stack", string(debug.Stack()))
		}
	}()
	if ctx.Err() != nil {
		return
	}
	ctx, span := r.Tracer.Begin(ctx, "roll-out step")
	defer span.End()
	result, err := r.change(ctx, j)
	span.Text("inshore.policy.name", j.plan.Name)
	span.Text("inshore.object.kind", string(j.key.Kind))
	span.Text("inshore.object.name", j.key.Name)
	span.Text("k8s.namespace.name", j.key.Namespace)
	span.Text("inshore.outcome", result)
	span.Fail(err)
	if result == "" || ctx.Err() != nil {
		return
	}
	r.PolicyMetrics.changes.WithLabelValues(j.plan.Name, result).Inc()
	switch result {
	case conflict:
		r.mu.Lock()
		r.book.Unwritten(j.key)
		r.mu.Unlock()
	case denied:
		r.mu.Lock()
		pause := r.book.Refused(j.plan, j.key, r.Clock.Now())
		r.mu.Unlock()
		r.Log.Info("The API server refuses to have an object changed by a policy", "policy", j.plan.Name,
			"object", j.key.String(), "again after", pause.String(), "reason", err.Error())
	case failed:
		// Tried again once it could have been seen.
		r.Log.Error(err, "Rolling a policy out; tried again", "policy", j.plan.Name, "object", j.key.String())
	}
}

// The results of a change, besides those of a repair.
const (
	applied = "applied"
	undone  = "undone"
)

// change writes what the plan said, if it is still so. The result is a label; empty
// if there was nothing to do.
func (r *roller) change(ctx context.Context, j job) (result string, err error) {
	object := target{j.key.Kind, j.key.Namespace, j.key.Name}
	now, err := r.read(ctx, object)
	switch {
	case apierrors.IsNotFound(err):
		return "", nil
	case err != nil:
		return failed, err
	}
	rules := r.Rules()
	position := govern.Target(ctx, rules, request(r.Store, r.Platform(), now.object))
	if ctx.Err() != nil || position.Standing != govern.Pending || !current(rules, j) {
		return "", nil // somebody was faster, or the policy was edited
	}
	if policy, undo := rollout.Due(position); policy != j.plan.Name || undo != j.undo {
		return "", nil
	}
	after, err := r.patch(ctx, object, now, position.Rollout.Patch)
	switch {
	case err == nil && !sameRecord(after.object, position.Rollout.Object):
		return failed, errNotKept
	case err == nil && j.undo:
		r.notices.onChange(object, now.uid, corev1.EventTypeNormal, ReasonPolicyUndone, actionRollout, fmt.Sprintf(
			"%s no longer follows NodeLocalPolicy %s: took back %s", object, j.plan.Name, fieldsOf(position.Rollout)))
		return undone, nil
	case err == nil:
		r.notices.onChange(object, now.uid, corev1.EventTypeNormal, ReasonPolicyApplied, actionRollout, fmt.Sprintf(
			"%s follows NodeLocalPolicy %s: wrote %s", object, j.plan.Name, fieldsOf(position.Rollout)))
		return applied, nil
	case apierrors.IsNotFound(err):
		return "", nil
	case r.changedMeanwhile(ctx, object, now.version, err):
		return conflict, err
	case refused(err):
		r.notices.onChange(object, now.uid, corev1.EventTypeWarning, ReasonRolloutRefused, actionRollout, fmt.Sprintf(
			"NodeLocalPolicy %s would change %s (%s), and the API server refuses it: %v", j.plan.Name, object, fieldsOf(position.Rollout), err))
		return denied, err
	}
	return failed, err
}

// current reports whether the policy is the one that was planned with, and is not
// paused.
func current(rules validate.Rules, j job) bool {
	for _, policy := range rules.Enforcement.Policies() {
		if policy.Name == j.plan.Name {
			return policy.Generation == j.plan.Generation && !policy.Spec.RolloutOrDefault().Paused
		}
	}
	return j.plan.Generation == 0
}
