# METADATA
# title: A DaemonSet and a Deployment behind one Service
# description: |
#   The Service's selector takes the pods of a DaemonSet and of something else. On every node where both have a pod, calls
#   are shared between two programs: agents and gateways of one telemetry collector, or a daemon and the controller of the
#   same chart, whose common labels the selector was made of. With `required` the node's own pod may be the
#   wrong one of the two.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH308
#   severity: warning
#   kinds: [Service]
#   message: >-
#     {object} takes the pods of {daemonsets} and of {workloads}: where they meet on a node, calls
#     are shared between the two.
#   remedy: >-
#     Narrow spec.selector to the DaemonSet's pods, by a label that the other does not have, such as
#     app.kubernetes.io/component.
#   since: v0.1.0
#   native: >-
#     It needs the DaemonSets and workloads behind the Service, and CEL sees the object under review
#     alone.
package inshore.rules.relation.mixed_backends

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.opted_in
	routing.routable
	daemonsets := [sprintf("DaemonSet %s", [daemonset.metadata.name]) | some daemonset in input.related.daemonSets]
	workloads := [sprintf("%s %s", [workload.kind, workload.metadata.name]) | some workload in input.related.workloads]
	count(daemonsets) > 0
	count(workloads) > 0
	finding := {
		"field": "spec.selector",
		"values": {"daemonsets": concat(", ", daemonsets), "workloads": concat(", ", workloads)},
	}
}
