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
