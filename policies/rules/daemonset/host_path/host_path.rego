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
#   /proc, /sys, /dev, /etc, /var/log, the container runtime's and systemd's sockets, and the kubelet's,
#   CNI's and device plugins' directories.
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

import data.inshore.lib.intent
import data.inshore.lib.pod

violation contains finding if {
	intent.opted_in
	some i, volume in input.object.spec.template.spec.volumes
	_own(_normal(volume.hostPath.path), object.get(volume.hostPath, "type", ""))
	writers := {pod.name(container) |
		some container in pod.long_running
		some mount in container.volumeMounts
		mount.name == volume.name
		not mount.readOnly

		# This one gives each pod a directory of its own.
		not mount.subPathExpr
	}
	count(writers) > 0
	finding := {
		"field": sprintf("spec.template.spec.volumes[%d].hostPath", [i]),
		"values": {
			"container": concat(", ", sort(writers)),
			"path": volume.hostPath.path,
			"volume": volume.name,
		},
	}
}

# The daemon asks for the directory to be made: it is its own, wherever it is.
_own(path, "DirectoryOrCreate") if not _shared(path)

# A directory, or whatever is there: it is the daemon's own where daemons keep
# sockets and state.
_own(path, type) if {
	type in {"", "Directory"}
	strings.any_prefix_match(path, ["/run/", "/var/"])

	# A socket can be mounted by its own path only if it is there already.
	not endswith(path, ".sock/")
	not _shared(path)
}

# Whoever mounts one of these whole looks around in it; a daemon's own directory
# is further down.
_shared(path) if path in {
	"/", "/run/", "/run/lock/", "/run/user/", "/var/", "/var/cache/", "/var/lib/", "/var/spool/", "/var/tmp/",
}

_shared(path) if {
	strings.any_prefix_match(path, _trees)

	# A CSI driver makes its socket in a directory of its own here, though the
	# kubelet's directory around it is shared.
	not regex.match(`^/var/lib/kubelet/plugins/.`, path)
}

# Places that belong to the system or to another program, with all below them.
_trees := [
	# the kernel and the distribution
	"/boot/", "/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sys/", "/usr/", "/var/log/", "/run/log/",
	# the init system and the message bus
	"/run/dbus/", "/run/systemd/", "/run/udev/", "/var/lib/dbus/", "/var/lib/systemd/",
	# container runtimes
	"/run/containerd/", "/run/containers/", "/run/cri-dockerd/", "/run/crio/", "/run/docker/", "/run/k3s/",
	"/run/podman/", "/run/runc/", "/var/lib/containerd/", "/var/lib/containers/", "/var/lib/docker/",
	# Kubernetes
	"/var/lib/k0s/", "/var/lib/kubelet/", "/var/lib/rancher/",
	# networking
	"/opt/cni/", "/run/multus/", "/run/netns/", "/run/openvswitch/", "/run/xtables.lock/", "/var/lib/cni/",
]

# One way to write a path: no doubled slash, one at the end, and /var/run is
# /run, as on every distribution of the last ten years.
_normal(path) := regex.replace(regex.replace(sprintf("%s/", [path]), `/+`, "/"), `^/var/run/`, "/run/")
