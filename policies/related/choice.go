package related

import (
	"slices"
	"strconv"

	"github.com/inshore-dev/inshore/policies/input"
)

// choice is what a pod says of the nodes that it may run on, as far as it is the
// same for as long as the pod template is.
type choice struct {
	Selector    map[string]string
	Affinity    *input.NodeSelector
	Tolerations []input.Toleration
}

func choiceOf(pod *input.PodSpec) choice {
	c := choice{Selector: pod.NodeSelector, Tolerations: pod.Tolerations}
	if pod.Affinity != nil && pod.Affinity.NodeAffinity != nil {
		c.Affinity = pod.Affinity.NodeAffinity.Required
	}
	return c
}

// takes reports whether a DaemonSet makes a pod for a node, as the scheduler and
// the DaemonSet controller decide (k8s.io/component-helpers, scheduling/corev1).
func (c choice) takes(node *input.Node) bool {
	if !selects(c.Selector, node.Metadata.Labels) {
		return false
	}
	if c.Affinity != nil && !slices.ContainsFunc(c.Affinity.NodeSelectorTerms, func(t input.NodeSelectorTerm) bool {
		return holds(t, node)
	}) {
		return false
	}
	return !slices.ContainsFunc(node.Spec.Taints, func(t input.Taint) bool {
		return keepsAway(t) && !slices.ContainsFunc(c.Tolerations, func(o input.Toleration) bool { return tolerates(o, t) })
	})
}

func tolerates(o input.Toleration, t input.Taint) bool {
	if (o.Effect != "" && o.Effect != t.Effect) || (o.Key != "" && o.Key != t.Key) {
		return false
	}
	switch o.Operator {
	case "Exists":
		return true
	case "", "Equal":
		return o.Key != "" && o.Value == t.Value
	}
	return false
}

// holds reports whether a term holds of a node; an empty one never does.
func holds(term input.NodeSelectorTerm, node *input.Node) bool {
	if len(term.MatchExpressions) == 0 && len(term.MatchFields) == 0 {
		return false
	}
	for _, r := range term.MatchExpressions {
		value, found := node.Metadata.Labels[r.Key]
		if !satisfied(r, value, found) {
			return false
		}
	}
	for _, r := range term.MatchFields {
		// The API server allows no other field.
		if r.Key != "metadata.name" || !satisfied(r, node.Metadata.Name, true) {
			return false
		}
	}
	return true
}

func satisfied(r input.NodeSelectorRequirement, value string, found bool) bool {
	switch r.Operator {
	case "In":
		return found && slices.Contains(r.Values, value)
	case "NotIn":
		return !found || !slices.Contains(r.Values, value)
	case "Exists":
		return found
	case "DoesNotExist":
		return !found
	case "Gt", "Lt":
		return found && ordered(r, value)
	}
	return false
}

// ordered compares as whole numbers; what is none is in no order.
func ordered(r input.NodeSelectorRequirement, value string) bool {
	if len(r.Values) != 1 {
		return false
	}
	is, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return false
	}
	bound, err := strconv.ParseInt(r.Values[0], 10, 64)
	if err != nil {
		return false
	}
	if r.Operator == "Gt" {
		return is > bound
	}
	return is < bound
}
