package inshore.rules.relation.named_port_test

import data.inshore.rules.relation.named_port

_input(node_local, port) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"selector": {"app": "a"}, "ports": [port]}},
	"related": {"daemonSets": [{"metadata": {"name": "d"}, "spec": {"template": {"spec": {
		"containers": [{"name": "a"}, {"name": "b", "ports": [
			{"containerPort": 80, "name": "http"},
			{"containerPort": 53, "name": "dns", "protocol": "UDP"},
			{"containerPort": 9000},
		]}],
		"initContainers": [{"name": "c", "restartPolicy": "Always", "ports": [{"containerPort": 81, "name": "proxy"}]}],
	}}}}]},
}

_named(port) := {finding.values.targetPort |
	some finding in named_port.violation with input as _input("required", port)
}

test_a_name_that_no_container_has_is_reported if {
	named_port.violation == {{
		"field": "spec.ports[0].targetPort",
		"values": {"port": 80, "targetPort": "web", "protocol": "TCP", "daemonset": "d"},
	}} with input as _input("preferred", {"port": 80, "targetPort": "web"})
}

test_a_name_of_another_protocol_is_reported if {
	_named({"port": 53, "targetPort": "dns"}) == {"dns"}
	_named({"port": 53, "targetPort": "dns", "protocol": "UDP"}) == set()
}

test_names_that_containers_and_sidecars_have_are_fine if {
	every name in ["http", "proxy"] {
		_named({"port": 80, "targetPort": name}) == set()
	}
}

test_numbers_are_not_looked_at if {
	_named({"port": 80, "targetPort": 8080}) == set()
	_named({"port": 80}) == set()
}

test_nothing_is_said_of_what_is_not_known if {
	doc := json.remove(_input("required", {"port": 80, "targetPort": "web"}), ["related"])
	count(named_port.violation) == 0 with input as doc
}

test_a_service_that_opted_out_is_left_alone if {
	count(named_port.violation) == 0 with input as _input("disabled", {"port": 80, "targetPort": "web"})
}
