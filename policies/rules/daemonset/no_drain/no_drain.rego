# METADATA
# title: The old pod stops while calls are still on their way to it
# description: |
#   When the new pod is available, the old one gets SIGTERM at once. The routing rules of the node change a
#   moment later, requests in flight are not finished, and most servers close their sockets on SIGTERM: each
#   of those calls fails. Waiting for some seconds before SIGTERM costs nothing and covers all three.
#
#   Containers that declare ports are looked at, or all of them where none does. A preStop of one's own must wait to
#   count: `nginx -s quit`, a kill or an httpGet returns at once, and some of them close the sockets even earlier
#   than SIGTERM would. A program that nobody knows is taken to wait. inshore.dev/drain adds its sleep to containers
#   without a preStop and leaves the others alone.
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
#     covers it. Where a container has a preStop of its own, let that begin with a sleep.
#   since: v0.1.0
package inshore.rules.daemonset.no_drain

import data.inshore.lib.intent
import data.inshore.lib.pod
import data.inshore.lib.prestop

violation contains finding if {
	intent.opted_in
	names := array.concat(_without, _in_vain)
	count(names) > 0
	finding := {
		"field": "metadata.annotations[inshore.dev/drain]",
		"values": {"containers": concat(", ", names)},
	}
}

# The annotation is the wait of a container that has no handler of its own.
_without := [pod.name(container) |
	not input.intent.drainSeconds
	some container in _serving
	not container.lifecycle.preStop
]

_in_vain := [sprintf("%s (whose preStop does not wait)", [pod.name(container)]) |
	some container in _serving
	handler := container.lifecycle.preStop
	object.get(handler, ["sleep", "seconds"], 0) == 0 # most have one, and need no closer look
	not prestop.waits(container)
]

_serving := _with_ports if _with_ports != {}

else := pod.long_running

_with_ports[path] := container if {
	some path, container in pod.long_running
	container.ports != []
}
