# METADATA
# title: Two DaemonSets behind one Service
# description: |
#   The Service's selector takes the pods of more than one DaemonSet, and nothing keeps those apart: a node
#   may run a pod of each, and calls on it are shared between two programs. Usually the selector is too wide
#   (app.kubernetes.io/part-of instead of name), or a renamed DaemonSet was left behind.
#
#   One DaemonSet per architecture or per pool of nodes is a good reason to have several. Their nodeSelectors
#   say so: DaemonSets that ask for different values of one node label can never meet on a node and are not
#   reported. An affinity is not looked at.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH304
#   severity: warning
#   kinds: [Service]
#   message: >-
#     {object} takes the pods of DaemonSets {daemonsets}: where they meet on a node, calls are
#     shared among them.
#   remedy: >-
#     Narrow spec.selector to one of them. If they are a split by architecture or node pool, give
#     each a nodeSelector for it, such as kubernetes.io/arch; if an affinity keeps them apart
#     already, leave it as it is.
#   native: >-
#     It asks which DaemonSets the Service selects; a ValidatingAdmissionPolicy sees only the object
#     of the request.
#   since: v0.1.0
package inshore.rules.relation.several_daemonsets

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.opted_in
	routing.routable
	count(_meeting) > 0
	finding := {
		"field": "spec.selector",
		"values": {"daemonsets": concat(", ", sort(_meeting))},
	}
}

# DaemonSets that may share a node with another one.
_meeting contains name if {
	some i, one in input.related.daemonSets
	some j, other in input.related.daemonSets
	i != j
	not _apart(one, other)
	name := one.metadata.name
}

_apart(one, other) if {
	some key, value in one.spec.template.spec.nodeSelector
	other.spec.template.spec.nodeSelector[key] != value
}
