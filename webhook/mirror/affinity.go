package mirror

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/inshore-dev/inshore/policies/input"
)

func projectAffinity(a *corev1.Affinity) *input.Affinity {
	if a == nil {
		return nil
	}
	p := &input.Affinity{}
	if a.NodeAffinity != nil {
		p.NodeAffinity = &input.NodeAffinity{}
		if required := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			p.NodeAffinity.Required = &input.NodeSelector{NodeSelectorTerms: mapped(required.NodeSelectorTerms, projectTerm)}
		}
	}
	if a.PodAntiAffinity != nil {
		p.PodAntiAffinity = &input.PodAntiAffinity{
			Required: mapped(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, projectPodTerm),
		}
	}
	return p
}

func projectTerm(t *corev1.NodeSelectorTerm) input.NodeSelectorTerm {
	requirement := func(r *corev1.NodeSelectorRequirement) input.NodeSelectorRequirement {
		return input.NodeSelectorRequirement{Key: r.Key, Operator: string(r.Operator), Values: r.Values}
	}
	return input.NodeSelectorTerm{
		MatchExpressions: mapped(t.MatchExpressions, requirement), MatchFields: mapped(t.MatchFields, requirement),
	}
}

func projectPodTerm(t *corev1.PodAffinityTerm) input.PodAffinityTerm {
	return input.PodAffinityTerm{
		TopologyKey: t.TopologyKey, LabelSelector: t.LabelSelector,
		Namespaces: t.Namespaces, NamespaceSelector: t.NamespaceSelector,
		MatchLabelKeys: t.MatchLabelKeys, MismatchLabelKeys: t.MismatchLabelKeys,
	}
}
