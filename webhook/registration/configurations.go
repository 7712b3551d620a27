package registration

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/policies/enforcement"
)

// configuration is one of the two as it was read.
type configuration struct {
	object client.Object
	phase  phase
	hooks  []hook
}

// read reads the configuration of a phase; nil if it is not there, which is how an
// administrator switches a phase off.
func read(ctx context.Context, reader client.Reader, phase phase) (*configuration, error) {
	c := &configuration{phase: phase}
	var err error
	if phase == mutating {
		found := &admissionv1.MutatingWebhookConfiguration{}
		err = reader.Get(ctx, client.ObjectKey{Name: MutateName}, found)
		c.object, c.hooks = found, found.Webhooks
	} else {
		found := &admissionv1.ValidatingWebhookConfiguration{}
		err = reader.Get(ctx, client.ObjectKey{Name: ValidateName}, found)
		c.object, c.hooks = found, allFromValidating(found.Webhooks)
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", phase.name(), err)
	case c.object.GetDeletionTimestamp() != nil:
		return nil, nil
	}
	return c, nil
}

// name is the configuration's.
func (p phase) name() string {
	if p == mutating {
		return MutateName
	}
	return ValidateName
}

// change is the patch that makes the configuration mean what the policies ask
// for; nil if it does.
func (c *configuration) change(set *enforcement.Set) ([]byte, error) {
	if c == nil || newer(c.object.GetAnnotations()) {
		return nil, nil
	}
	return change(c.object.GetResourceVersion(), c.object.GetAnnotations(), c.hooks, derive(c.hooks, set, c.phase))
}
