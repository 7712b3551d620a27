# METADATA
# title: The Service names a port that the DaemonSet does not have
# description: |
#   A targetPort that is a name is looked up among the ports that the pod's containers declare, by name and protocol. Where
#   no container has it, the pod is no endpoint of that port: with a `required` Service every call to it fails on every
#   node, and nothing in the status of either object says why. A port that was renamed in one of two places, or a
#   UDP port whose protocol was left out, is how it usually comes about.
#
#   A number is sent to whether or not a container declares it, and is not looked at.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH307
#   severity: warning
#   kinds: [Service]
#   message: >-
#     {object}: port {port} goes to the port named {targetPort} ({protocol}), which no container of
#     DaemonSet {daemonset} has: calls to it fail.
#   remedy: >-
#     Name that port in the container (ports: name, containerPort, protocol), or write the number as
#     targetPort.
#   since: v0.1.0
#   native: >-
#     It needs the DaemonSets behind the Service, and CEL sees the object under review alone.
package inshore.rules.relation.named_port

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.opted_in
	routing.routable
	some i, port in input.object.spec.ports
	is_string(port.targetPort)
	some daemonset in input.related.daemonSets
	wanted := [port.targetPort, object.get(port, "protocol", "TCP")]
	not wanted in _declared(daemonset)
	finding := {
		"field": sprintf("spec.ports[%d].targetPort", [i]),
		"values": {
			"port": object.get(port, "port", "without a number"),
			"targetPort": wanted[0],
			"protocol": wanted[1],
			"daemonset": daemonset.metadata.name,
		},
	}
}

# Init containers are looked at as well: a sidecar (KEP-753) serves, and for the
# others nobody names a port.
_declared(daemonset) := {[port.name, object.get(port, "protocol", "TCP")] |
	some list in ["containers", "initContainers"]
	some container in daemonset.spec.template.spec[list]
	some port in container.ports
}
