package govern

import (
	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Request is an object that somebody writes, or one in a file or in the cluster.
// It is used by one goroutine.
type Request struct {
	// Object is a *input.Service or a *input.DaemonSet.
	Object input.Object
	// OldObject is the stored object on an update, nil on a create.
	OldObject input.Object
	Operation input.Operation
	Namespace input.Namespace
	Platform  v1alpha1.Platform
	// Related finds what bears on the object; it is asked once, if at all. What
	// mutation writes makes no difference to it.
	Related func(input.Object) input.Related
	// Review is set where somebody asks what policies would do, in CI say: those
	// that only audit are told of as those that warn.
	Review bool

	related *input.Related
}

func (r *Request) bearing() input.Related {
	if r.related == nil {
		found := r.Related(r.Object)
		r.related = &found
	}
	return *r.related
}

// document is what rules are to see of the object in one of its forms.
func (r *Request) document(object input.Object) *input.Document {
	return &input.Document{
		Object: object, Operation: r.Operation, Namespace: r.Namespace, Platform: r.Platform, Related: r.bearing(),
	}
}
