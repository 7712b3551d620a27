# METADATA
# title: A host port keeps the surge pod from starting
# description: |
#   A host port exists once per node. The API server accepts it together with maxSurge, but the surge
#   pod asks for a port that the old pod still holds, so the scheduler never places it: the rollout
#   stops at its first pod and stays there, with nothing in the DaemonSet's status that says why.
#
#   A node-local Service makes the host port unnecessary: clients dial the Service's name and get the
#   pod of their own node.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH201
#   severity: error
#   kinds: [DaemonSet]
#   message: >-
#     {object}: container {container} takes host port {port}/{protocol}, which one pod per node can
#     have: the surge pod stays Pending and the rollout stops.
#   remedy: >-
#     Remove hostPort and let clients dial the Service, which node-local routing keeps on their
#     node. If clients outside the cluster need the port on the node, opt this DaemonSet out with
#     inshore.dev/node-local: disabled.
#   since: v0.1.0
package inshore.rules.daemonset.host_port

import data.inshore.lib.intent
import data.inshore.lib.pod

violation contains finding if {
	intent.opted_in
	some field, taken in pod.host_ports
	finding := {
		"field": field,
		"values": {
			"container": taken.container,
			"port": taken.port.hostPort,
			"protocol": object.get(taken.port, "protocol", "TCP"),
		},
	}
}
