package inshore.rules.relation.unreached_nodes_test

import data.inshore.rules.relation.unreached_nodes

_input(node_local, annotations, nodes) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {}},
	"related": {"services": [{"metadata": {"name": "s", "annotations": annotations}}], "nodes": nodes},
}

_some := {"known": 6, "reached": 1, "missed": ["a", "b", "c"]}

_required := {"inshore.dev/node-local": "required"}

_missed(doc) := {finding.values.missed | some finding in unreached_nodes.violation with input as doc}

test_nodes_without_a_pod_are_named if {
	unreached_nodes.violation == {{
		"field": "spec.template.spec",
		"values": {"known": 6, "reached": 1, "missed": "a, b, c and 2 more", "services": "s"},
	}} with input as _input("required", _required, _some)
	_missed(_input("preferred", _required, {"known": 3, "reached": 1, "missed": ["a", "b"]})) == {"a, b"}
}

test_all_nodes_reached_is_fine if {
	_missed(_input("required", _required, {"known": 3, "reached": 3})) == set()
}

test_nothing_is_said_while_no_node_is_known if {
	_missed(json.remove(_input("required", _required, _some), ["related/nodes"])) == set()
}

test_a_service_that_may_use_other_nodes_is_fine if {
	every annotations in [
		{},
		{"inshore.dev/node-local": "preferred"},
		{"inshore.dev/node-local": "required", "inshore.dev/no-local-endpoint": "fallback"},
	] {
		_missed(_input("required", annotations, _some)) == set()
	}
}

test_a_daemon_that_opted_out_may_miss_nodes if {
	_missed(_input("disabled", _required, _some)) == set()
}
