package audit

import (
	"context"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Inspection is what admission would do with a stored object if it were created
// today.
type Inspection struct {
	// Object is as it is stored.
	Object input.Object
	// Mutation is empty for an object that is as it should be, and for one whose
	// annotations cannot be read.
	Mutation mutate.Result
	// Decision is about the object after the mutation.
	Decision policies.Decision
}

// Inspect judges a stored object. What bears on it is looked up in store.
func Inspect(ctx context.Context, rules validate.Rules, platform v1alpha1.Platform, store *related.Store, object input.Object) Inspection {
	inspection := Inspection{Object: object, Mutation: change(object, platform)}
	after := object
	if inspection.Mutation.Object != nil {
		after = inspection.Mutation.Object
	}
	inspection.Decision = validate.Judge(ctx, rules, &input.Document{
		Object:    after,
		Operation: input.OperationCreate,
		Namespace: store.Namespace(object.Meta().Namespace),
		Platform:  platform,
		Related:   store.For(after),
	})
	return inspection
}

// change is what admission would write into the object. One whose annotations
// cannot be read is left alone, as there.
func change(object input.Object, platform v1alpha1.Platform) mutate.Result {
	intent, errs := v1alpha1.Parse(object.Kind(), object.Meta().Annotations)
	if len(errs) > 0 {
		return mutate.Result{}
	}
	switch object := object.(type) {
	case *input.Service:
		return mutate.Service(object, nil, intent, platform)
	case *input.DaemonSet:
		return mutate.DaemonSet(object, nil, intent, platform)
	}
	return mutate.Result{}
}
