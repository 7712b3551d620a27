# METADATA
# title: Clients still mount the daemon's directory of the host
# description: |
#   The daemon is opted in, so that clients can dial its Service and be handed over in a rollout. Others still mount the
#   directory of the host in which it keeps its socket. For them a rollout is what it was: the new pod replaces the socket
#   while they hold the old one. They need the host path allowed in their namespace and break when it moves, and as
#   long as they are there the daemon cannot drop the directory.
#
#   Deployments, StatefulSets and DaemonSets of any namespace that mount the directory, or something in it, are
#   listed. Which directories count as the daemon's own is said at ISH203.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH306
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object}: {clients} still mount its {path} on the host, and lose their socket there in every
#     rollout; callers of the Service do not.
#   remedy: >-
#     Let them dial the Service and take the volume out of their pods; when none is left, take it out
#     of the daemon.
#   since: v0.1.0
#   native: >-
#     It needs the workloads of all namespaces, and CEL sees the object under review alone.
package inshore.rules.relation.mounting_clients

import data.inshore.lib.host
import data.inshore.lib.intent

violation contains finding if {
	intent.opted_in
	some i, _ in host.owned
	path := input.object.spec.template.spec.volumes[i].hostPath.path
	some mount in input.related.mounts
	mount.path == path
	finding := {
		"field": sprintf("spec.template.spec.volumes[%d].hostPath", [i]),
		"values": {"path": path, "clients": _clients(mount)},
	}
}

_clients(mount) := concat(", ", mount.names) if mount.clients == count(mount.names)

_clients(mount) := sprintf("%s and %d more", [concat(", ", mount.names), more]) if {
	more := mount.clients - count(mount.names)
	more > 0
}
