package review

import (
	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// kept is a subject until all files have been read, in a few hundred bytes: no
// object can be judged before all that relate to it are known.
type kept struct {
	Ref
	// judged is a Service or a DaemonSet, question what is asked about it; nil if
	// nothing is.
	judged   bool
	question *question
	// relation is what others are judged by. relates reports that there is any,
	// mounts that it may be a path of the node.
	relation        related.Packed
	relates, mounts bool
	node            *input.Node
	namespace       *input.Namespace
}

// question is an object that has a verdict, once it is judged.
type question struct {
	object    related.Whole
	intent    v1alpha1.Intent
	changes   []mutate.Change
	patch     mutate.Patch
	warnings  []string
	refused   string
	positions manifest.Positions
}

func (s *subject) keep() *kept {
	k := &kept{Ref: s.Ref, judged: s.object != nil, node: s.node, namespace: s.namespace}
	if k.relates = s.relatable(); k.relates {
		k.relation, k.mounts = s.relation()
	}
	if s.asked {
		k.question = &question{
			object: related.PackWhole(s.object), intent: s.intent,
			changes: s.mutation.Changes, patch: s.mutation.Patch,
			warnings: s.mutation.Warnings, refused: s.mutation.Refused,
			positions: s.positions,
		}
	}
	return k
}

// relatable reports whether others can be related to the subject: without
// labels nothing selects it, without a selector it selects nothing. Fragments
// of objects, such as kustomize patches, are left out that way and do not
// stand in for the object that they change.
func (s *subject) relatable() bool {
	switch object := s.object.(type) {
	case *input.Service:
		return len(object.Spec.Selector) > 0
	case *input.DaemonSet:
		return len(object.Spec.Template.Metadata.Labels) > 0
	}
	return s.workload != nil && len(s.workload.Spec.Template.Metadata.Labels) > 0
}

// relation is what others are judged by, and whether its pods mount paths of the
// node.
func (s *subject) relation() (packed related.Packed, mounts bool) {
	switch object := s.object.(type) {
	case *input.Service:
		return related.PackService(object), false
	case *input.DaemonSet:
		return related.PackDaemonSet(object), mountsHost(object.Spec.Template.Spec.Volumes)
	}
	return related.PackWorkload(s.workload), mountsHost(s.workload.Spec.Template.Spec.Volumes)
}

func mountsHost(volumes []input.Volume) bool {
	for i := range volumes {
		if volumes[i].HostPath != nil {
			return true
		}
	}
	return false
}
