package inshore.lib.pod_test

import data.inshore.lib.pod

_input(spec) := {"object": {"spec": {"template": {"spec": spec}}}}

test_containers_and_restarting_init_containers_run_long if {
	found := pod.long_running with input as _input({
		"initContainers": [{"name": "setup"}, {"name": "sidecar", "restartPolicy": "Always"}],
		"containers": [{"name": "serve"}],
	})
	{[path, container.name] | some path, container in found} == {
		["spec.template.spec.containers[0]", "serve"],
		["spec.template.spec.initContainers[1]", "sidecar"],
	}
}

test_host_ports_are_found_by_field if {
	found := pod.host_ports with input as _input({"containers": [
		{"name": "quiet", "ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}]},
		{"name": "loud", "ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]},
	]})
	object.keys(found) == {"spec.template.spec.containers[1].ports[1].hostPort"}
	taken := found["spec.template.spec.containers[1].ports[1].hostPort"]
	taken.container == "loud"
	taken.port.hostPort == 81
}

test_a_container_without_a_name_still_has_host_ports if {
	found := pod.host_ports with input as _input({"containers": [{"ports": [{"hostPort": 81}]}]})
	found["spec.template.spec.containers[0].ports[0].hostPort"].container == "without a name"
}

test_host_network_speaks_for_its_ports if {
	spec := {"hostNetwork": true, "containers": [{"name": "loud", "ports": [{"hostPort": 81}]}]}
	pod.host_network with input as _input(spec)
	found := pod.host_ports with input as _input(spec)
	count(found) == 0
}

test_pods_have_their_own_network_by_default if {
	not pod.host_network with input as _input({"containers": []})
}
