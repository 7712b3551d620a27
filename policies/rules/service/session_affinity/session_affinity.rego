# METADATA
# title: Session affinity takes the choice among a node's pods away
# description: |
#   With sessionAffinity ClientIP the first choice for a client holds for three hours: all of its connections go
#   to the same pod. Where one pod serves a node there is nothing to choose and the field does nothing, which
#   is not reported. Where several can (two DaemonSets, or the pods of a Deployment), a busy client keeps one of them
#   busy while its neighbour is idle, and after a rollout clients stay where they were put first. The
#   balance annotation chooses for each connection, so it and the affinity cannot both have their way.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH107
#   severity: warning
#   kinds: [Service]
#   message: >-
#     {object} keeps each client on the pod that was chosen for it first (sessionAffinity ClientIP):
#     {consequence}.
#   remedy: >-
#     Set spec.sessionAffinity to None, or, if the daemon keeps state for each client and needs it,
#     take inshore.dev/balance off and leave one DaemonSet behind the Service.
#   since: v0.1.0
#   native: >-
#     It needs the DaemonSets and workloads behind the Service, and CEL sees the object under review
#     alone.
package inshore.rules.service.session_affinity

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.opted_in
	routing.routable
	input.object.spec.sessionAffinity == "ClientIP"
	count(_consequences) > 0
	finding := {
		"field": "spec.sessionAffinity",
		"values": {"consequence": concat("; ", sort(_consequences))},
	}
}

_consequences contains sprintf("inshore.dev/balance: %s has no say", [input.intent.balance]) if input.intent.balance

_consequences contains sprintf("the load on pods of %s is uneven", [concat(", ", sort(_behind))]) if count(_behind) > 1

# One Deployment can have several pods on a node, one DaemonSet cannot.
_consequences contains sprintf("the load on the pods of %s is uneven", [workload]) if {
	count(_behind) == 1
	some workload in _workloads
}

_behind contains sprintf("DaemonSet %s", [daemonset.metadata.name]) if {
	some daemonset in input.related.daemonSets
}

_behind contains workload if some workload in _workloads

_workloads contains sprintf("%s %s", [workload.kind, workload.metadata.name]) if {
	some workload in input.related.workloads
}
