# METADATA
# title: The old pod stops while calls are still on their way to it
# description: |
#   When the new pod is available, the old one gets SIGTERM at once. The routing rules of the node change a
#   moment later, requests in flight are not finished, and most servers close their sockets on SIGTERM: each
#   of those calls fails. Waiting for some seconds before SIGTERM costs nothing and covers all three.
#
#   Containers that declare ports are looked at, or all of them where none does. Any preStop is taken to be
#   the wait.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH206
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object} does not drain: calls that are on their way to {containers} at SIGTERM fail in every
#     rollout.
#   remedy: >-
#     Annotate it with inshore.dev/drain: 15s, which adds a preStop sleep and a grace period that
#     covers it, or give the container a preStop of its own.
#   since: v0.1.0
package inshore.rules.daemonset.no_drain

import data.inshore.lib.intent
import data.inshore.lib.pod

violation contains finding if {
	intent.opted_in
	not input.intent.drainSeconds
	names := [pod.name(container) |
		some container in _serving
		not container.lifecycle.preStop
	]
	count(names) > 0
	finding := {
		"field": "metadata.annotations[inshore.dev/drain]",
		"values": {"containers": concat(", ", names)},
	}
}

_serving := _with_ports if count(_with_ports) > 0

_serving := pod.long_running if count(_with_ports) == 0

_with_ports[path] := container if {
	some path, container in pod.long_running
	count(container.ports) > 0
}
