package inshore.rules.daemonset.host_path_test

import data.inshore.rules.daemonset.host_path

# A daemon with one host path, mounted by one container.
_input(host, mount) := {
	"intent": {"nodeLocal": "required"},
	"object": {"spec": {"template": {"spec": {
		"containers": [{"name": "serve", "volumeMounts": [object.union({"name": "v"}, mount)]}],
		"volumes": [{"name": "other"}, {"name": "v", "hostPath": host}],
	}}}},
}

_reported(host, mount) if count(host_path.violation) == 1 with input as _input(host, mount)

_quiet(host, mount) if count(host_path.violation) == 0 with input as _input(host, mount)

test_a_socket_directory_of_its_own_is_reported if {
	host_path.violation == {{
		"field": "spec.template.spec.volumes[1].hostPath",
		"values": {"container": "serve", "path": "/var/run/mcrouter", "volume": "v"},
	}} with input as _input({"path": "/var/run/mcrouter", "type": "DirectoryOrCreate"}, {})
}

test_directories_where_daemons_keep_sockets_and_state_are_reported if {
	every path in [
		"/run/mcrouter", "/var/run/datadog/", "/run/spire/sockets", "/var/lib/datadog-agent/logs",
		"/var/fluent-bit/state", "/run/cilium", "/var//run//calico",
	] {
		_reported({"path": path}, {})
		_reported({"path": path, "type": "Directory"}, {})
		_reported({"path": path, "type": "DirectoryOrCreate"}, {})
	}
}

test_a_directory_made_for_it_is_reported_wherever_it_is if {
	every path in ["/opt/daemon", "/mnt/daemon", "/srv"] {
		_reported({"path": path, "type": "DirectoryOrCreate"}, {})
		_quiet({"path": path, "type": "Directory"}, {})
		_quiet({"path": path}, {})
	}
}

test_a_csi_driver_owns_its_plugin_directory_only if {
	_reported({"path": "/var/lib/kubelet/plugins/csi.example.com", "type": "DirectoryOrCreate"}, {})
	_quiet({"path": "/var/lib/kubelet/plugins", "type": "Directory"}, {})
	_quiet({"path": "/var/lib/kubelet/plugins_registry", "type": "Directory"}, {})
	_quiet({"path": "/var/lib/kubelet/pods", "type": "Directory"}, {})
}

test_a_device_plugin_owns_its_socket if {
	_reported({"path": "/var/lib/kubelet/device-plugins"}, {})
	_quiet({"path": "/var/lib/kubelet/device-plugins"}, {"readOnly": true})
}

test_shared_places_are_not_reported if {
	every path in [
		"/", "/run", "/var/run", "/var/run/", "/var/lib", "/proc", "/proc/sys/net", "/sys/fs/bpf", "/dev", "/var/log",
		"/var/log/pods", "/etc/cni/net.d", "/opt/cni/bin", "/lib/modules", "/usr/src", "/run/systemd",
		"/var/run/dbus", "/run/containerd", "/run/k3s/containerd", "/var/lib/docker/containers",
		"/var/lib/kubelet/pod-resources", "/var/run/netns", "/run/udev", "/run/log/journal",
	] {
		_quiet({"path": path}, {})
		_quiet({"path": path, "type": "DirectoryOrCreate"}, {})
	}
}

test_a_name_that_only_begins_like_a_shared_place_is_its_own if {
	every path in ["/run/containerd-shim", "/var/running", "/var/logs", "/development"] {
		_reported({"path": path, "type": "DirectoryOrCreate"}, {})
	}
}

test_a_client_of_a_socket_is_not_reported if {
	_quiet({"path": "/run/mcrouter/mcrouter.sock", "type": "Socket"}, {})
	_quiet({"path": "/run/mcrouter/mcrouter.sock"}, {})
	_quiet({"path": "/var/run/docker.sock"}, {})
}

test_files_and_devices_are_not_reported if {
	every type in ["File", "FileOrCreate", "CharDevice", "BlockDevice"] {
		_quiet({"path": "/run/thing", "type": type}, {})
	}
}

test_reading_is_not_reported if {
	_quiet({"path": "/run/mcrouter"}, {"readOnly": true})
	_reported({"path": "/run/mcrouter"}, {"readOnly": false})
}

test_a_directory_per_pod_is_not_reported if {
	_quiet({"path": "/var/lib/daemon"}, {"subPathExpr": "$(POD_NAME)"})
}

test_a_volume_that_nobody_mounts_is_not_reported if {
	_quiet({"path": "/run/mcrouter"}, {"name": "another"})
}

test_all_writers_are_named_once if {
	found := host_path.violation with input as {
		"intent": {"nodeLocal": "preferred"},
		"object": {"spec": {"template": {"spec": {
			"initContainers": [
				{"name": "setup", "volumeMounts": [{"name": "v"}]},
				{"name": "sidecar", "restartPolicy": "Always", "volumeMounts": [{"name": "v"}]},
			],
			"containers": [
				{"name": "serve", "volumeMounts": [{"name": "v"}]},
				{"name": "reader", "volumeMounts": [{"name": "v", "readOnly": true}]},
			],
			"volumes": [{"name": "v", "hostPath": {"path": "/run/mcrouter"}}],
		}}}},
	}
	{finding.values.container | some finding in found} == {"serve, sidecar"}
}

test_an_init_container_that_ends_is_not_reported if {
	count(host_path.violation) == 0 with input as {
		"intent": {"nodeLocal": "required"},
		"object": {"spec": {"template": {"spec": {
			"initContainers": [{"name": "setup", "volumeMounts": [{"name": "v"}]}],
			"volumes": [{"name": "v", "hostPath": {"path": "/run/mcrouter"}}],
		}}}},
	}
}

test_a_daemon_that_opted_out_keeps_its_socket if {
	doc := object.union(_input({"path": "/run/mcrouter"}, {}), {"intent": {"nodeLocal": "disabled"}})
	count(host_path.violation) == 0 with input as doc
}
