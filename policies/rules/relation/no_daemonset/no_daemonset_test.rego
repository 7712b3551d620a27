package inshore.rules.relation.no_daemonset_test

import data.inshore.rules.relation.no_daemonset

_input(node_local, related) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"selector": {"app": "a"}}},
	"related": related,
}

_workloads := [
	{"kind": "Deployment", "metadata": {"name": "web"}},
	{"kind": "StatefulSet", "metadata": {"name": "db"}},
]

test_workloads_alone_cannot_be_required if {
	doc := _input("required", {"workloads": _workloads})
	no_daemonset.violation == {{
		"field": "spec.selector",
		"values": {"workloads": "Deployment web, StatefulSet db"},
	}} with input as doc
}

test_preferred_falls_back if {
	count(no_daemonset.violation) == 0 with input as _input("preferred", {"workloads": _workloads})
}

test_a_daemonset_beside_them_is_enough if {
	doc := _input("required", {"workloads": _workloads, "daemonSets": [{"metadata": {"name": "d"}}]})
	count(no_daemonset.violation) == 0 with input as doc
}

test_nothing_known_is_no_verdict if {
	count(no_daemonset.violation) == 0 with input as _input("required", {})
}

test_a_service_that_cannot_route_has_a_finding_of_its_own if {
	doc := {
		"intent": {"nodeLocal": "required"},
		"object": {"spec": {"clusterIP": "None", "selector": {"app": "a"}}},
		"related": {"workloads": _workloads},
	}
	count(no_daemonset.violation) == 0 with input as doc
}
