# METADATA
# title: Two pods of the surge share a directory of the host
# description: |
#   During a surge the old and the new pod run on one node at the same time. A directory of the host
#   that the daemon keeps for itself then has two owners: the new pod unlinks and replaces the old one's
#   Unix socket while clients are connected to it, a lock file keeps the new pod from becoming ready, a
#   database or a position file is written by two processes.
#
#   Only a directory that looks like the daemon's own is reported: mounted writable by a container that
#   runs as long as the pod, and either made for the purpose (DirectoryOrCreate) or somewhere under /run
#   or /var, where daemons keep sockets and state. Being a client is no fault: not reported are read-only
#   mounts, sockets and single files that exist already, and the well-known shared places, such as
#   /proc, /sys, /dev, /etc, /var/log, the container runtime's and systemd's sockets, and the kubelet's and
#   CNI's directories. A device plugin's and a CSI driver's directories below the kubelet's are their own: a plugin that
#   ends unlinks the socket there, its successor's as well.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH203
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object}: {container} writes to the host's {path}; during a surge two pods do, and fight over
#     its socket or state.
#   remedy: >-
#     Let clients dial the node-local Service instead of a socket, and keep state in an emptyDir or
#     in a directory per pod (subPathExpr). If two writers are harmless, leave it as it is.
#   since: v0.1.0
package inshore.rules.daemonset.host_path

import data.inshore.lib.host
import data.inshore.lib.intent

violation contains finding if {
	intent.opted_in
	some i, writers in host.owned
	volume := input.object.spec.template.spec.volumes[i]
	finding := {
		"field": sprintf("spec.template.spec.volumes[%d].hostPath", [i]),
		"values": {
			"container": concat(", ", sort(writers)),
			"path": volume.hostPath.path,
			"volume": volume.name,
		},
	}
}
