package review

import (
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
	// relation is what others in the namespace are judged by, and relates whether
	// there is any; mounts is what others anywhere are, its volumes of the host.
	relation, mounts related.Packed
	relates          bool
	node             *input.Node
	namespace        *input.Namespace
}

// question is an object that has a verdict, once it is judged.
type question struct {
	// object is after mutation, whose result has no object and is nil if there is
	// nothing to say. Where policies are to be asked first, it is before.
	object    related.Whole
	mutation  *mutate.Result
	positions manifest.Positions
}

func (s *subject) keep(governed bool) *kept {
	k := &kept{Ref: s.Ref, judged: s.object != nil, node: s.node, namespace: s.namespace}
	if k.relates = s.relatable(); k.relates {
		k.relation, k.mounts = s.relation(), s.mounts()
	}
	switch {
	case s.asked && governed:
		k.question = &question{object: related.PackWhole(s.sent), positions: s.positions}
	case s.asked:
		k.question = &question{object: related.PackWhole(s.object), positions: s.positions}
		if m := s.mutation; len(m.Changes)+len(m.Patch)+len(m.Warnings)+len(m.Refused) > 0 {
			m.Object = nil
			k.question.mutation = &m
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

// relation is what others in the namespace are judged by.
func (s *subject) relation() related.Packed {
	switch object := s.object.(type) {
	case *input.Service:
		return related.PackService(object)
	case *input.DaemonSet:
		return related.PackDaemonSet(object)
	}
	return related.PackWorkload(s.workload)
}

// mounts is the subject with nothing but the host's paths that its pods mount;
// zero if they mount none.
func (s *subject) mounts() related.Packed {
	if s.workload != nil {
		volumes := onlyHost(s.workload.Spec.Template.Spec.Volumes)
		if volumes == nil {
			return related.Packed{}
		}
		bare := &input.Workload{TypeMeta: s.workload.TypeMeta, Metadata: input.Metadata{Namespace: s.Namespace, Name: s.Name}}
		bare.Spec.Template.Spec.Volumes = volumes
		return related.PackWorkload(bare)
	}
	daemonSet, is := s.object.(*input.DaemonSet)
	if !is {
		return related.Packed{}
	}
	volumes := onlyHost(daemonSet.Spec.Template.Spec.Volumes)
	if volumes == nil {
		return related.Packed{}
	}
	bare := &input.DaemonSet{Metadata: input.Metadata{Namespace: s.Namespace, Name: s.Name}}
	bare.Spec.Template.Spec.Volumes = volumes
	return related.PackDaemonSet(bare)
}

// onlyHost are the paths of the host among volumes.
func onlyHost(volumes []input.Volume) []input.Volume {
	var host []input.Volume
	for i := range volumes {
		if volumes[i].HostPath != nil {
			host = append(host, input.Volume{HostPath: volumes[i].HostPath})
		}
	}
	return host
}
