# METADATA
# title: The pods of a DaemonSet
# schemas:
#   - input: schema.daemonset
package inshore.lib.pod

# Containers that run as long as the pod does, by their path: the containers,
# and the init containers that restart always (sidecars, KEP-753). An init
# container that ends before the pod serves has no part in a handover.
long_running[path] := container if {
	some i, container in input.object.spec.template.spec.containers
	path := sprintf("spec.template.spec.containers[%d]", [i])
}

long_running[path] := container if {
	some i, container in input.object.spec.template.spec.initContainers
	container.restartPolicy == "Always"
	path := sprintf("spec.template.spec.initContainers[%d]", [i])
}

host_network if input.object.spec.template.spec.hostNetwork

# The ports that a container asks of the node, by the path of the field. Under
# hostNetwork every port is one, written or not: that is host_network's matter.
host_ports[field] := {"container": name(container), "port": port} if {
	not host_network
	some path, container in long_running
	some i, port in container.ports
	port.hostPort > 0
	field := sprintf("%s.ports[%d].hostPort", [path, i])
}

# A manifest that is still to be completed may lack names; that must not hide
# what else is wrong with it.
name(container) := object.get(container, "name", "without a name")
