# METADATA
# title: What a DaemonSet keeps on the host
# schemas:
#   - input: schema.daemonset
package inshore.lib.host

import data.inshore.lib.pod

# The volumes, by their index, that are directories of the host which look like
# the daemon's own: with the containers that write to them.
owned[i] := writers if {
	some i, volume in input.object.spec.template.spec.volumes
	type := object.get(volume.hostPath, "type", "")
	type in {"", "Directory", "DirectoryOrCreate"} # files and devices need no closer look
	_own(_normal(volume.hostPath.path), type)
	writers := {pod.name(container) |
		some container in pod.long_running
		some mount in container.volumeMounts
		mount.name == volume.name
		not mount.readOnly

		# This one gives each pod a directory of its own.
		not mount.subPathExpr
	}
	count(writers) > 0
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

	# CSI drivers and device plugins make their sockets here, though the kubelet's
	# directory around them is shared.
	not regex.match(`^/var/lib/kubelet/(?:plugins/.|device-plugins/)`, path)
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
