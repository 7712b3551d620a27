package inshore.rules.relation.no_service_test

import data.inshore.rules.relation.no_service

_input(node_local, services) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {}},
	"related": {"services": services},
}

_service(name, annotations) := {"metadata": {"name": name, "annotations": annotations}}

_reasons(doc) := {finding.values.reason | some finding in no_service.violation with input as doc}

test_no_service_at_all_is_reported if {
	no_service.violation == {{
		"field": "metadata.annotations[inshore.dev/node-local]",
		"values": {"reason": "no Service selects its pods"},
	}} with input as _input("required", [])
	_reasons({"intent": {"nodeLocal": "preferred"}, "object": {"spec": {}}}) == {"no Service selects its pods"}
}

test_services_that_did_not_opt_in_are_named if {
	services := [_service("b", {}), _service("a", {"inshore.dev/node-local": "disabled"})]
	_reasons(_input("required", services)) == {"none of the Services that select its pods is (a, b)"}
}

test_one_that_opted_in_is_enough if {
	every node_local in ["required", "preferred"] {
		services := [_service("a", {}), _service("b", {"inshore.dev/node-local": node_local})]
		_reasons(_input("required", services)) == set()
	}
}

test_what_does_not_surge_has_findings_of_its_own if {
	every spec in [
		{"updateStrategy": {"type": "OnDelete"}},
		{"template": {"spec": {"hostNetwork": true}}},
		{"template": {"spec": {"containers": [{"ports": [{"hostPort": 80}]}]}}},
	] {
		_reasons({"intent": {"nodeLocal": "required"}, "object": {"spec": spec}}) == set()
	}
}

test_a_daemon_that_opted_out_needs_none if {
	_reasons(_input("disabled", [])) == set()
}
