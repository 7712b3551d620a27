package related

import "github.com/inshore-dev/inshore/policies/input"

// Whole is a Service or a DaemonSet packed with everything that its projection
// has, for those who judge many objects once they have seen all.
type Whole struct{ bytes packed }

// PackWhole packs an object, which is a *input.Service or a *input.DaemonSet.
func PackWhole(object input.Object) Whole {
	if service, ok := object.(*input.Service); ok {
		return Whole{pack(kindService, service)}
	}
	return Whole{pack(kindDaemonSet, object)}
}

// Object is a copy of the object that was packed, in which what was empty is nil.
func (w Whole) Object() input.Object {
	r := w.bytes.record()
	if r.service != nil {
		return r.service
	}
	return r.daemonSet
}
