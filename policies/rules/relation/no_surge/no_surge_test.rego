package inshore.rules.relation.no_surge_test

import data.inshore.rules.relation.no_surge

_input(node_local, daemonsets) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"selector": {"app": "a"}}},
	"related": {"daemonSets": daemonsets},
}

_daemonset(name, strategy) := {"metadata": {"name": name}, "spec": {"updateStrategy": strategy}}

_annotated(daemonset, node_local) := object.union(
	daemonset,
	{"metadata": {"annotations": {"inshore.dev/node-local": node_local}}},
)

_surge := {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}

test_every_daemonset_without_a_surge_is_named if {
	doc := _input("required", [
		_daemonset("a", {}),
		_daemonset("b", _surge),
		_daemonset("c", object.union(_surge, {"type": "OnDelete"})),
	])
	no_surge.violation == {
		{"field": "spec.selector", "values": {"daemonset": "a"}},
		{"field": "spec.selector", "values": {"daemonset": "c"}},
	} with input as doc
}

test_a_daemonset_that_opted_in_speaks_for_itself if {
	every node_local in ["required", "preferred"] {
		doc := _input("required", [_annotated(_daemonset("a", {}), node_local)])
		count(no_surge.violation) == 0 with input as doc
	}
}

test_a_daemonset_that_opted_out_is_named if {
	doc := _input("required", [_annotated(_daemonset("a", {}), "disabled")])
	count(no_surge.violation) == 1 with input as doc
}

test_preferred_survives_a_gap if {
	count(no_surge.violation) == 0 with input as _input("preferred", [_daemonset("a", {})])
}

test_a_service_that_cannot_route_has_a_finding_of_its_own if {
	doc := object.union(_input("required", [_daemonset("a", {})]), {"object": {"spec": {"clusterIP": "None"}}})
	count(no_surge.violation) == 0 with input as doc
}
