# METADATA
# title: No Service that opted in selects the DaemonSet
# description: |
#   Opting a DaemonSet in makes its rollouts surge. That calls stay on their node is the Service's part, and no Service that
#   selects these pods asks for it: the annotation is missing there, or the selector does not match the pods'
#   labels, or the DaemonSet was created before its Service, in which case the next look at it says nothing.
#
#   A daemon that nobody calls, such as a log shipper, may be opted in for the surge alone.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH305
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object} is opted in, but {reason}: it surges, and calls to it are not kept on their node.
#   remedy: >-
#     Annotate its Service with inshore.dev/node-local: required, or correct that Service's
#     selector. If the surge alone is wanted, leave it as it is.
#   since: v0.1.0
#   native: >-
#     It needs the Services in front of the DaemonSet, and CEL sees the object under review alone.
package inshore.rules.relation.no_service

import data.inshore.lib.intent
import data.inshore.lib.pod
import data.inshore.lib.rollout

violation contains finding if {
	intent.opted_in
	not _served

	# These do not surge, and other rules say why.
	not rollout.on_delete(input.object)
	not pod.host_network
	pod.host_ports == {}
	finding := {
		"field": "metadata.annotations[inshore.dev/node-local]",
		"values": {"reason": _reason},
	}
}

_served if {
	some service in input.related.services
	service.metadata.annotations["inshore.dev/node-local"] in {"required", "preferred"}
}

_selecting contains service.metadata.name if some service in input.related.services

_reason := "no Service selects its pods" if count(_selecting) == 0

_reason := sprintf("none of the Services that select its pods is (%s)", [concat(", ", sort(_selecting))]) if count(_selecting) > 0
