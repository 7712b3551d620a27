package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// repair patches an object as admission would have. The result is a label;
// empty if there was nothing to do.
func (r *repairer) repair(ctx context.Context, object target) (result string, err error) {
	now, err := r.read(ctx, object)
	switch {
	case apierrors.IsNotFound(err):
		r.done(object)
		return "", nil
	case err != nil:
		return failed, err
	}
	mutation, _ := govern.Mutate(ctx, r.Rules(), request(r.Store, r.Platform(), now.object))
	if len(mutation.Patch) == 0 {
		// The mirror is behind, or somebody was faster. What we did to the object
		// stays remembered, to know whether it gets undone.
		return "", nil
	}
	if startsRollout(mutation.Patch) && !r.rollouts.TryAccept() {
		// Others need not wait for it.
		r.queue.AddAfter(object, wait.Jitter(rolloutPause, 1))
		return "", nil
	}
	again := r.undone(object, mutation.Patch)
	_, err = r.patch(ctx, object, now, mutation.Patch)
	switch {
	case err == nil && again:
		r.Log.Info("Repaired again what somebody had undone", "object", object.String(), "changes", fieldsOf(mutation))
		pause := r.remember(object, mutation.Patch)
		r.notices.onRepair(object, now.uid, corev1.EventTypeWarning, ReasonReverted, fmt.Sprintf(
			"%s was repaired before and somebody undid it: find out who writes %s and have them stop, or set inshore.dev/node-local: disabled. "+
				"If it is undone again, the next repair comes after %s", object, fieldsOf(mutation), pause))
		return reverted, nil
	case err == nil:
		r.Log.Info("Repaired what admission had missed", "object", object.String(), "changes", fieldsOf(mutation))
		r.remember(object, mutation.Patch)
		r.notices.onRepair(object, now.uid, corev1.EventTypeNormal, ReasonRepaired, fmt.Sprintf(
			"Wrote %s, which admission would have written when %s was applied", fieldsOf(mutation), object))
		return repaired, nil
	case apierrors.IsNotFound(err):
		r.done(object)
		return "", nil
	case r.changedMeanwhile(ctx, object, now.version, err):
		return conflict, err
	}
	if refused(err) {
		r.notices.onRepair(object, now.uid, corev1.EventTypeWarning, ReasonNotRepaired, fmt.Sprintf(
			"%s lacks what admission would have written (%s), and the API server refuses to have it written: %v", object, fieldsOf(mutation), err))
		return denied, err
	}
	return failed, err
}

// refused reports whether trying again is of no use before something changes:
// admission, RBAC or validation said no.
func refused(err error) bool {
	switch code(err) {
	case http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusBadRequest:
		return true
	}
	return false
}

// code is the HTTP status of an answer of the API server, 0 if there was none.
func code(err error) int32 {
	if status := apierrors.APIStatus(nil); errors.As(err, &status) {
		return status.Status().Code
	}
	return 0
}

// startsRollout reports whether a patch changes a pod template: every pod of the
// DaemonSet will be replaced.
func startsRollout(patch mutate.Patch) bool {
	for _, operation := range patch {
		if strings.HasPrefix(operation.Path, "/spec/template") {
			return true
		}
	}
	return false
}

// fieldsOf are the fields that a mutation writes.
func fieldsOf(m mutate.Result) string {
	fields := make([]string, len(m.Changes))
	for i, change := range m.Changes {
		fields[i] = change.Field
	}
	return strings.Join(fields, ", ")
}
