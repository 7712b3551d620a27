package inshore.rules.relation.mixed_backends_test

import data.inshore.rules.relation.mixed_backends

_input(node_local, related) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"selector": {"app": "a"}}},
	"related": related,
}

_agent := {"metadata": {"name": "agent"}}

_gateway := {"kind": "Deployment", "metadata": {"name": "gateway"}}

_count(doc) := found if found := count(mixed_backends.violation) with input as doc

test_both_are_named if {
	every node_local in ["required", "preferred"] {
		doc := _input(node_local, {"daemonSets": [_agent], "workloads": [_gateway]})
		mixed_backends.violation == {{
			"field": "spec.selector",
			"values": {"daemonsets": "DaemonSet agent", "workloads": "Deployment gateway"},
		}} with input as doc
	}
}

test_one_kind_alone_is_fine_here if {
	_count(_input("required", {"daemonSets": [_agent]})) == 0
	_count(_input("preferred", {"workloads": [_gateway]})) == 0
	_count(_input("preferred", {})) == 0
}

test_a_service_that_opted_out_may_mix if {
	_count(_input("disabled", {"daemonSets": [_agent], "workloads": [_gateway]})) == 0
}
