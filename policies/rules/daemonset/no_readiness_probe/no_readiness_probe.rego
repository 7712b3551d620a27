# METADATA
# title: Without a readinessProbe the old pod goes too early
# description: |
#   The DaemonSet controller deletes the old pod of a node once the new one is available, and a pod
#   without any readinessProbe is ready the moment its processes have started. The old pod is gone before
#   the new one listens, and since calls do not leave the node, every one of them fails in between. For the
#   same reason a pod that hangs keeps its traffic.
#
#   One probe in one container is enough, and a startupProbe counts: until it has passed, the pod is not
#   ready. Init containers that restart always (sidecars) count as containers.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH204
#   severity: error
#   kinds: [DaemonSet]
#   message: >-
#     {object}: no container has a readinessProbe, so a new pod counts as ready before it listens,
#     the old one is deleted, and calls on that node fail.
#   remedy: >-
#     Give the container that serves a readinessProbe that answers only when it can serve, for
#     example tcpSocket on its port.
#   since: v0.1.0
package inshore.rules.daemonset.no_readiness_probe

import data.inshore.lib.intent
import data.inshore.lib.pod

violation contains {"field": "spec.template.spec.containers"} if {
	intent.opted_in
	not _probed
}

_probed if {
	some container in pod.long_running
	container.readinessProbe
}

_probed if {
	some container in pod.long_running
	container.startupProbe
}
