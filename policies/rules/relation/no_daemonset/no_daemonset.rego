# METADATA
# title: A required Service has no DaemonSet behind it
# description: |
#   `required` means that a call never leaves its node. That works only if every node has a pod, which is
#   what a DaemonSet is for. A Deployment or StatefulSet has pods on some nodes: on all others every call to
#   the Service is refused, and which nodes those are changes whenever a pod is rescheduled.
#
#   `preferred` uses the pod of the node where there is one, and another node's otherwise.
#
#   Nothing is said while nothing at all is known to stand behind the Service: its DaemonSet may be about
#   to be created.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH301
#   severity: error
#   kinds: [Service]
#   message: >-
#     {object} requires a pod on the caller's node, but behind it are only {workloads}: calls fail
#     on every node without one of those pods.
#   remedy: >-
#     Use inshore.dev/node-local: preferred, which falls back to other nodes, or run the workload as
#     a DaemonSet.
#   native: >-
#     It asks which workloads the Service selects; a ValidatingAdmissionPolicy sees only the object
#     of the request.
#   since: v0.1.0
package inshore.rules.relation.no_daemonset

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.required
	routing.routable
	not input.related.daemonSets
	workloads := [sprintf("%s %s", [workload.kind, workload.metadata.name]) |
		some workload in input.related.workloads
	]
	count(workloads) > 0
	finding := {
		"field": "spec.selector",
		"values": {"workloads": concat(", ", workloads)},
	}
}
