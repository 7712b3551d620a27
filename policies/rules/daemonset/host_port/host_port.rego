# METADATA
# title: A host port keeps the surge pod from starting
# description: |
#   A host port exists once per node. The API server accepts it together with maxSurge, but the
#   surge pod asks for a port that the old pod still holds, so the scheduler never places it: the
#   rollout stops at its first pod, with a pod Pending on every node that it reaches.
#
#   A node-local Service makes the host port unnecessary. Clients dial the Service's name and get
#   the pod of their own node.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH201
#   severity: error
#   kinds: [DaemonSet]
#   message: >-
#     {object}: container {container} takes host port {port}/{protocol}, which only one pod per node
#     can have. The surge pod would stay Pending and the rollout would stop.
#   remedy: >-
#     Remove hostPort and let clients dial the Service, which node-local routing keeps on their node.
#     If clients outside the cluster need the port on the node, leave this DaemonSet out with
#     inshore.dev/node-local: disabled.
#   since: v0.1.0
package inshore.rules.daemonset.host_port

import data.inshore.lib.intent
import data.inshore.lib.pod

violation contains finding if {
	intent.opted_in

	# Under hostNetwork every port is a host port: ISH202 says so once.
	not input.object.spec.template.spec.hostNetwork
	some path, container in pod.long_running
	some i, port in container.ports
	port.hostPort > 0
	finding := {
		"field": sprintf("%s.ports[%d].hostPort", [path, i]),
		"values": {
			"container": container.name,
			"port": port.hostPort,
			"protocol": object.get(port, "protocol", "TCP"),
		},
	}
}
