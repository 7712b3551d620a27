package inshore.rules.relation.several_daemonsets_test

import data.inshore.rules.relation.several_daemonsets

_input(node_local, daemonsets) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"selector": {"app": "a"}}},
	"related": {"daemonSets": daemonsets},
}

_daemonset(name, selector) := {
	"metadata": {"name": name},
	"spec": {"template": {"spec": {"nodeSelector": selector}}},
}

_arch(name, arch) := _daemonset(name, {"kubernetes.io/os": "linux", "kubernetes.io/arch": arch})

test_daemonsets_that_can_meet_are_named if {
	doc := _input("preferred", [
		{"metadata": {"name": "b"}, "spec": {"template": {"spec": {}}}},
		_daemonset("a", {"kubernetes.io/os": "linux"}),
	])
	several_daemonsets.violation == {{
		"field": "spec.selector",
		"values": {"daemonsets": "a, b"},
	}} with input as doc
}

test_one_per_architecture_is_fine if {
	doc := _input("required", [_arch("amd", "amd64"), _arch("arm", "arm64")])
	count(several_daemonsets.violation) == 0 with input as doc
}

test_only_those_that_can_meet_are_named if {
	doc := _input("required", [_arch("amd", "amd64"), _arch("arm", "arm64"), _arch("old", "arm64")])
	found := several_daemonsets.violation with input as doc
	{finding.values.daemonsets | some finding in found} == {"arm, old"}
}

test_one_is_fine if {
	count(several_daemonsets.violation) == 0 with input as _input("required", [_daemonset("a", {})])
}

test_a_service_that_opted_out_may_have_several if {
	doc := _input("disabled", [_daemonset("a", {}), _daemonset("b", {})])
	count(several_daemonsets.violation) == 0 with input as doc
}

test_a_service_that_cannot_route_has_a_finding_of_its_own if {
	doc := object.union(
		_input("required", [_daemonset("a", {}), _daemonset("b", {})]),
		{"object": {"spec": {"clusterIP": "None"}}},
	)
	count(several_daemonsets.violation) == 0 with input as doc
}
