package mutate

import (
	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// The values that Kubernetes knows (k8s.io/api/core/v1).
const (
	policyCluster  = "Cluster"
	policyLocal    = "Local"
	preferSameNode = "PreferSameNode"
	preferClose    = "PreferClose"
)

var (
	internalTrafficPolicy = place{"/spec/internalTrafficPolicy", "spec.internalTrafficPolicy"}
	externalTrafficPolicy = place{"/spec/externalTrafficPolicy", "spec.externalTrafficPolicy"}
	trafficDistribution   = place{"/spec/trafficDistribution", "spec.trafficDistribution"}
)

const (
	whyLocal        = "inshore.dev/node-local: required keeps calls from pods on their own node."
	whyCluster      = "inshore.dev/node-local: preferred may use another node's pod when there is no local one, which Local forbids."
	whyDistribution = "inshore.dev/node-local: preferred uses a pod of the same node as long as there is one."
	whyExternal     = "inshore.dev/external-traffic: local keeps traffic from outside the cluster on the node it arrives at."
)

// Service decides what is written into a Service of which words ask. They are
// read from its annotations without errors, and from the policy that it is to
// follow; old is the stored object on an update and nil on a create. Neither
// projection is changed.
//
// A trafficDistribution that is there is left alone under `required`: it does
// not conflict, because Kubernetes gives internalTrafficPolicy Local precedence
// and the field then only bears on traffic from outside the cluster.
func Service(obj, old *input.Service, words Words, p v1alpha1.Platform) Result {
	after := *obj
	if obj.Metadata.DeletionTimestamp != "" {
		return Result{Object: &after}
	}
	var stored *input.Metadata
	if old != nil {
		stored = &old.Metadata
	}
	e := begin(&obj.Metadata, stored, words.Intent, refuseService(obj))
	e.warnIdle(words.Intent)
	e.internal(&after.Spec)
	e.distribution(&after.Spec, p.Kubernetes)
	e.external(&after.Spec, words.ExternalTraffic)
	after.Metadata.Labels = e.labels(obj.Metadata.Labels, words.NoLocalEndpoint)
	after.Metadata.Annotations = e.record(obj.Metadata.Annotations, words.EnforcedBy)
	e.Object = &after
	return e.Result
}

// refuseService says why node-local traffic cannot work for a Service, or "".
func refuseService(s *input.Service) string {
	switch {
	case s.Spec.Type == "ExternalName":
		return "an ExternalName Service is a DNS name without endpoints"
	case s.Spec.ClusterIP == "None":
		return "clients of a headless Service choose a pod themselves"
	case len(s.Spec.Selector) == 0:
		return "a Service without a selector takes no pods of a DaemonSet"
	}
	return ""
}

func (e *edit) internal(spec *input.ServiceSpec) {
	mine, _ := own(&e.history, internalTrafficPolicy.pointer, spec.InternalTrafficPolicy)
	target, why := mine, ""
	switch {
	case e.asked == v1alpha1.NodeLocalRequired:
		target, why = pointer(policyLocal), whyLocal
	case e.asked == v1alpha1.NodeLocalPreferred && mine != nil:
		// An absent field means Cluster already.
		target, why = pointer(policyCluster), whyCluster
	}
	spec.InternalTrafficPolicy = settle(e, internalTrafficPolicy, spec.InternalTrafficPolicy, mine, target, why)
}

func (e *edit) distribution(spec *input.ServiceSpec, kubernetes v1alpha1.Version) {
	mine, _ := own(&e.history, trafficDistribution.pointer, spec.TrafficDistribution)
	target := mine
	if e.asked == v1alpha1.NodeLocalPreferred {
		target = pointer(preferSameNode)
		if !kubernetes.AtLeast(v1alpha1.PreferSameNodeSince) {
			target = pointer(preferClose)
			e.warnPreferClose(kubernetes)
		}
	}
	spec.TrafficDistribution = settle(e, trafficDistribution, spec.TrafficDistribution, mine, target, whyDistribution)
}

// external settles externalTrafficPolicy on the types that have one. On others
// even the undo keeps away: when a type changes to ClusterIP the API server
// drops the field by itself, but only if nobody else changed it in the request.
func (e *edit) external(spec *input.ServiceSpec, asked v1alpha1.ExternalTraffic) {
	if spec.Type != "NodePort" && spec.Type != "LoadBalancer" {
		return
	}
	mine, _ := own(&e.history, externalTrafficPolicy.pointer, spec.ExternalTrafficPolicy)
	target := mine
	if e.asked != "" && asked == v1alpha1.ExternalTrafficLocal {
		target = pointer(policyLocal)
	}
	spec.ExternalTrafficPolicy = settle(e, externalTrafficPolicy, spec.ExternalTrafficPolicy, mine, target, whyExternal)
}

func pointer[T any](value T) *T { return &value }
