package mirror

import (
	corev1 "k8s.io/api/core/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/inshore-dev/inshore/policies/input"
)

// kindNode is not waited for: without nodes one rule says less, and a cluster
// that does not let us see them is no reason to judge nothing.
const kindNode = "Node"

// addNodes watches what a DaemonSet's reach depends on. Taints are in the spec,
// so that the metadata alone would not do.
func (m *Mirror) addNodes(config *Config, core coreclient.CoreV1Interface) {
	add(m, kindNode, config.Store, from(core.Nodes().List, core.Nodes().Watch,
		func(n *corev1.Node) any { return ProjectNode(n) }), func(key cache.ObjectName) {
		config.Store.DeleteNode(key.Name)
	})
}

// ProjectNode is what decoding the node's JSON into the projection gives.
func ProjectNode(n *corev1.Node) *input.Node {
	return &input.Node{
		Metadata: input.NodeMetadata{Name: n.Name, Labels: n.Labels},
		Spec: input.NodeSpec{Taints: mapped(n.Spec.Taints, func(t *corev1.Taint) input.Taint {
			return input.Taint{Key: t.Key, Value: t.Value, Effect: string(t.Effect)}
		})},
	}
}

// node shares what nodes have in common: the keys of labels, and most values.
func (c *compactor) node(n *input.Node) {
	labels := make(map[string]string, len(n.Metadata.Labels))
	for key, value := range n.Metadata.Labels {
		labels[shared(c.texts, key, key)] = shared(c.texts, value, value)
	}
	n.Metadata.Labels = labels
	for i := range n.Spec.Taints {
		c.text(&n.Spec.Taints[i].Key)
		c.text(&n.Spec.Taints[i].Value)
		c.text(&n.Spec.Taints[i].Effect)
	}
}
