package enforcement

import (
	"reflect"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Equal reports whether two sets say the same of every object. Status, exceptions
// and the pace of roll-outs are no part of that; a set of none equals nil.
func (s *Set) Equal(other *Set) bool {
	return s == other || slices.EqualFunc(s.Policies(), other.Policies(), func(a, b *Policy) bool {
		return a == b || a.Name == b.Name && reflect.DeepEqual(said(a), said(b))
	})
}

// said is what a policy says of objects.
func said(p *Policy) v1alpha1.NodeLocalPolicySpec {
	spec := p.Spec
	spec.Exceptions, spec.Rollout = nil, nil
	return spec
}
