package enforcement

import (
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Concerns reports whether an object is what policies are about: a Service that
// pods of a DaemonSet answer and nothing else does, or a DaemonSet that a Service
// with a cluster IP and a selector selects. One that follows a policy already
// stays as long as nothing else answers.
//
// Pods on the host's network are none of a policy's business: the new pod's ports
// are taken by the old one, so they can never surge; and network plugins are among
// them, which nobody may be kept from repairing.
func Concerns(object input.Object, related input.Related) bool {
	switch object := object.(type) {
	case *input.Service:
		return balances(object) && len(related.Workloads) == 0 && !slices.ContainsFunc(related.DaemonSets, onHostNetwork) &&
			(len(related.DaemonSets) > 0 || follows(object))
	case *input.DaemonSet:
		return !onHostNetwork(object) && (slices.ContainsFunc(related.Services, balances) || follows(object))
	}
	return false
}

func onHostNetwork(d *input.DaemonSet) bool { return d.Spec.Template.Spec.HostNetwork }

// balances reports whether the cluster chooses which pod answers a call to the
// Service.
func balances(s *input.Service) bool {
	return s.Spec.Type != "ExternalName" && s.Spec.ClusterIP != "None" && len(s.Spec.Selector) > 0
}

func follows(object input.Object) bool {
	_, found := object.Meta().Annotations[v1alpha1.AnnotationEnforcedBy]
	return found
}
