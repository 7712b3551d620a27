# METADATA
# title: The grace period ends before the drain does
# description: |
#   The kubelet gives a pod terminationGracePeriodSeconds (30 by default) from the moment it is deleted to the
#   moment it is killed, and the preStop handler spends of it. A handler that waits as long as the whole grace
#   period leaves two seconds for everything that SIGTERM starts: calls in flight are cut off. With a grace period
#   of 0 the pod is killed at once, and no preStop runs at all.
#
#   inshore.dev/drain lengthens the grace period by itself, so this is about handlers that somebody wrote: a sleep, or
#   an exec handler whose command sleeps. What an exec handler does besides, nobody can tell from the object.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH208
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object}: the grace period is {grace} s and {spent}, so a pod that ends is killed with calls in
#     flight.
#   remedy: >-
#     Set spec.template.spec.terminationGracePeriodSeconds to the wait plus what the server needs to
#     finish, 30 s by default; or take the preStop off and annotate inshore.dev/drain, which does
#     both.
#   since: v0.1.0
package inshore.rules.daemonset.short_grace

import data.inshore.lib.intent
import data.inshore.lib.pod
import data.inshore.lib.prestop

violation contains finding if {
	intent.opted_in
	some spent in _spent
	finding := {
		"field": "spec.template.spec.terminationGracePeriodSeconds",
		"values": {"grace": _grace, "spent": spent},
	}
}

_spent contains "no preStop runs" if _grace == 0

_spent contains sprintf("the preStop of %s waits %d s of it", [concat(", ", sort(names)), longest]) if {
	_grace > 0
	longest := max([seconds | some seconds in _waits])
	longest >= _grace
	names := {pod.name(pod.long_running[path]) |
		some path, seconds in _waits
		seconds == longest
	}
}

_waits[path] := container.lifecycle.preStop.sleep.seconds if some path, container in pod.long_running

_waits[path] := prestop.sleeps(container) if {
	some path, container in pod.long_running
	container.lifecycle.preStop.exec
	not container.lifecycle.preStop.sleep # the API server lets there be one of the two
}

# Kubernetes' default.
_grace := object.get(input.object.spec.template.spec, "terminationGracePeriodSeconds", 30)
