package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// stored is what repair reads of an object: the projection that mutation works
// on, and what binds the patch to this very version.
type stored struct {
	object       input.Object
	uid, version string
}

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
	err = r.patch(ctx, object, now, mutation.Patch)
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

// read reads an object from the API server: the mirror may be behind, and keeps
// neither UID nor version.
func (r *repairer) read(ctx context.Context, object target) (stored, error) {
	text, err := r.client.Get().AbsPath(object.path()).DoRaw(ctx)
	if err != nil {
		return stored{}, fmt.Errorf("reading %s: %w", object, err)
	}
	var meta struct {
		Metadata struct {
			UID             string `json:"uid"`
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(text, &meta, jsontext.AllowDuplicateNames(true)); err != nil {
		return stored{}, fmt.Errorf("reading %s: %w", object, err)
	}
	s := stored{uid: meta.Metadata.UID, version: meta.Metadata.ResourceVersion}
	if object.kind == v1alpha1.KindService {
		s.object = &input.Service{}
	} else {
		s.object = &input.DaemonSet{}
	}
	if err := json.Unmarshal(text, s.object, jsontext.AllowDuplicateNames(true)); err != nil {
		return stored{}, fmt.Errorf("reading %s: %w", object, err)
	}
	return s, nil
}

// patch writes a patch into the version of the object that it was made from.
func (r *repairer) patch(ctx context.Context, object target, now stored, patch mutate.Patch) error {
	version, err := json.Marshal(now.version)
	if err != nil {
		return fmt.Errorf("writing the patch of %s: %w", object, err)
	}
	bound := append(mutate.Patch{{Op: "test", Path: "/metadata/resourceVersion", Value: version}}, patch...)
	err = r.client.Patch(types.JSONPatchType).AbsPath(object.path()).Param("fieldManager", "inshore-repair").
		Body(bound.AppendJSON(nil)).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("patching %s: %w", object, err)
	}
	return nil
}

// changedMeanwhile reports whether a patch failed because the object is no
// longer the version that it was made from. The API server answers a failing
// test of a JSON patch with the same 422 as a value that it does not like, so the
// object has to be looked at.
func (r *repairer) changedMeanwhile(ctx context.Context, object target, version string, err error) bool {
	if apierrors.IsConflict(err) {
		return true
	}
	if code(err) != http.StatusUnprocessableEntity {
		return false
	}
	now, err := r.read(ctx, object)
	return err == nil && now.version != version
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
