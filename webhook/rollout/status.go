package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
)

// The reasons of the other conditions.
const (
	ReasonValid            = "Valid"
	ReasonInvalid          = "Invalid"
	ReasonSystemNamespaces = "SystemNamespaces"
	ReasonNoneGuarded      = "None"
)

// Status is what to say of a policy that stands like this. before is the status so
// far, whose times stay where nothing changed.
func Status(p *enforcement.Policy, before v1alpha1.NodeLocalPolicyStatus, counts Counts, step Step, now time.Time) v1alpha1.NodeLocalPolicyStatus {
	status := *before.DeepCopy()
	status.ObservedGeneration = p.Generation
	status.Matched, status.Enforced = int32(counts.Matched), int32(counts.Enforced)
	status.Pending, status.Violating = int32(counts.Pending), int32(counts.Violating)
	if status.Rollout != nil {
		status.Rollout.Namespace = step.Namespace
	}
	for _, condition := range []metav1.Condition{ready(p), progressing(p, counts, step), guarded(p)} {
		condition.ObservedGeneration = p.Generation
		condition.LastTransitionTime = metav1.NewTime(now.Truncate(time.Second))
		meta.SetStatusCondition(&status.Conditions, condition)
	}
	return status
}

func ready(p *enforcement.Policy) metav1.Condition {
	if p.Problem != nil {
		return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: ReasonInvalid,
			Message: p.Problem.Error() + ": the policy holds for nothing"}
	}
	return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: ReasonValid}
}

func progressing(p *enforcement.Policy, counts Counts, step Step) metav1.Condition {
	condition := metav1.Condition{Type: v1alpha1.ConditionProgressing, Status: metav1.ConditionFalse, Reason: step.Reason, Message: step.Message}
	switch {
	case step.Reason == ReasonRollingOut || step.Reason == ReasonUndoing:
		condition.Status = metav1.ConditionTrue
		// Which object is next changes too often to be written each time.
		if step.Found || condition.Message == unseenMessage {
			condition.Message = ""
		}
	case counts.Pending == 0 && p.Spec.Enforcement != v1alpha1.EnforcementEnforce:
		condition.Reason, condition.Message = ReasonNotEnforced, fmt.Sprintf("enforcement is %s: objects are counted and not changed", p.Spec.Enforcement)
	}
	return condition
}

func guarded(p *enforcement.Policy) metav1.Condition {
	guards := p.Guards()
	if len(guards) == 0 {
		return metav1.Condition{Type: v1alpha1.ConditionGuarded, Status: metav1.ConditionFalse, Reason: ReasonNoneGuarded}
	}
	slices.Sort(guards)
	return metav1.Condition{Type: v1alpha1.ConditionGuarded, Status: metav1.ConditionTrue, Reason: ReasonSystemNamespaces,
		Message: "left out, because namespaceSelector takes them in without naming them by kubernetes.io/metadata.name: " + strings.Join(guards, ", ")}
}
