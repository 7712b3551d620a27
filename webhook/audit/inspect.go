package audit

import (
	"context"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Inspection is what is found about a stored object.
type Inspection struct {
	// Object is as it is stored.
	Object input.Object
	// Position is where it stands to the policies.
	Position govern.Position
	// Mutation is what admission missed: empty for an object that is as it should
	// be, and for one whose annotations cannot be read. It leaves what the object
	// follows as it is.
	Mutation mutate.Result
	// Decision is about the object after the mutation, as if it were created today.
	Decision policies.Decision
}

// Inspect judges a stored object. What bears on it is looked up in store.
func Inspect(ctx context.Context, rules validate.Rules, platform v1alpha1.Platform, store *related.Store, object input.Object) Inspection {
	position := govern.Target(ctx, rules, request(store, platform, object))
	return Inspection{Object: object, Position: position, Mutation: position.Repair, Decision: position.Decision}
}

// request is a stored object, to be asked about.
func request(store *related.Store, platform v1alpha1.Platform, object input.Object) *govern.Request {
	return &govern.Request{
		Object: object, OldObject: object, Operation: input.OperationUpdate,
		Namespace: store.Namespace(object.Meta().Namespace), Platform: platform, Related: store.For,
	}
}

// TakesPart reports whether the object has an annotation of ours or a policy that
// holds for it: others are none of our business.
func (i *Inspection) TakesPart() bool {
	return i.Position.Policy != nil || v1alpha1.HasOurs(i.Object.Meta().Annotations)
}
