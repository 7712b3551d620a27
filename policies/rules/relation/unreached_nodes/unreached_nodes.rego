# METADATA
# title: The DaemonSet has no pod on some nodes
# description: |
#   Calls to a `required` Service never leave their node: on a node without a pod every one of them fails. A
#   nodeSelector, a required node affinity or a taint that the pods do not tolerate keeps the DaemonSet off some nodes,
#   and a pool of nodes that is added later with a taint of its own (dedicated=gpu) is how it usually comes about:
#   the workloads there tolerate the taint, and the daemon that they call does not.
#
#   Nodes are compared with the pod template as the scheduler does it. Not counted are: what the cluster and its
#   autoscaler say of a node's passing state, and nodes of the control plane that keep ordinary pods away by their taint.
#   DaemonSets that one Service selects count together, as with one for each architecture. Services that are `preferred`, or
#   `fallback` without a local pod, use another node's and are not a reason to report. Where the nodes are not
#   known, as in review without a cluster, nothing is said.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH303
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object} has a pod on {reached} of {known} nodes. On the others ({missed}) every call to Service
#     {services} fails.
#   remedy: >-
#     Tolerate the taints of those nodes and widen nodeSelector and affinity; or let the Service use
#     other nodes there: inshore.dev/node-local: preferred, or no-local-endpoint: fallback.
#   since: v0.1.0
#   native: >-
#     It needs the cluster's nodes and the Services in front of the DaemonSet, and CEL sees the object
#     under review alone.
package inshore.rules.relation.unreached_nodes

import data.inshore.lib.intent

violation contains finding if {
	intent.opted_in
	nodes := input.related.nodes
	nodes.reached < nodes.known
	count(_strict) > 0
	finding := {
		"field": "spec.template.spec",
		"values": {
			"reached": nodes.reached,
			"known": nodes.known,
			"missed": _missed(nodes),
			"services": concat(", ", sort(_strict)),
		},
	}
}

# Services whose calls have nowhere else to go.
_strict contains service.metadata.name if {
	some service in input.related.services
	service.metadata.annotations["inshore.dev/node-local"] == "required"
	not service.metadata.annotations["inshore.dev/no-local-endpoint"] == "fallback"
}

_missed(nodes) := concat(", ", nodes.missed) if nodes.known - nodes.reached == count(nodes.missed)

_missed(nodes) := sprintf("%s and %d more", [concat(", ", nodes.missed), more]) if {
	more := (nodes.known - nodes.reached) - count(nodes.missed)
	more > 0
}
