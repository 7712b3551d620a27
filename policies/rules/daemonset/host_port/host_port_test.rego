package inshore.rules.daemonset.host_port_test

import data.inshore.rules.daemonset.host_port

_input(node_local, spec) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"template": {"spec": spec}}},
}

test_every_host_port_is_reported if {
	doc := _input("required", {"containers": [
		{"name": "agent", "ports": [{"containerPort": 8125, "hostPort": 8125, "protocol": "UDP"}, {"containerPort": 1}]},
		{"name": "trace", "ports": [{"containerPort": 8126, "hostPort": 8126}]},
	]})
	host_port.violation == {
		{
			"field": "spec.template.spec.containers[0].ports[0].hostPort",
			"values": {"container": "agent", "port": 8125, "protocol": "UDP"},
		},
		{
			"field": "spec.template.spec.containers[1].ports[0].hostPort",
			"values": {"container": "trace", "port": 8126, "protocol": "TCP"},
		},
	} with input as doc
}

test_a_sidecar_counts_and_an_init_container_does_not if {
	found := host_port.violation with input as _input("preferred", {"initContainers": [
		{"name": "setup", "ports": [{"hostPort": 80}]},
		{"name": "proxy", "restartPolicy": "Always", "ports": [{"hostPort": 81}]},
	]})
	{finding.field | some finding in found} == {"spec.template.spec.initContainers[1].ports[0].hostPort"}
}

test_container_ports_alone_are_fine if {
	doc := _input("required", {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}]})
	count(host_port.violation) == 0 with input as doc
}

test_host_network_has_a_finding_of_its_own if {
	doc := _input("required", {"hostNetwork": true, "containers": [{"name": "a", "ports": [{"hostPort": 80}]}]})
	count(host_port.violation) == 0 with input as doc
}

test_a_daemon_that_opted_out_may_have_host_ports if {
	doc := _input("disabled", {"containers": [{"name": "a", "ports": [{"hostPort": 80}]}]})
	count(host_port.violation) == 0 with input as doc
}
