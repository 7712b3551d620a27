package inshore.rules.service.session_affinity_test

import data.inshore.rules.service.session_affinity

_input(intent, related) := {
	"intent": object.union({"nodeLocal": "required"}, intent),
	"object": {"spec": {"selector": {"app": "a"}, "sessionAffinity": "ClientIP"}},
	"related": related,
}

_daemonsets(names) := [{"metadata": {"name": name}} | some name in names]

_web := {"kind": "Deployment", "metadata": {"name": "web"}}

_consequences(doc) := {finding.values.consequence |
	some finding in session_affinity.violation with input as doc
}

test_two_daemonsets_are_several if {
	session_affinity.violation == {{
		"field": "spec.sessionAffinity",
		"values": {"consequence": "the load on pods of DaemonSet a, DaemonSet b is uneven"},
	}} with input as _input({}, {"daemonSets": _daemonsets(["b", "a"])})
}

test_a_deployment_alone_can_be_several if {
	_consequences(_input({}, {"workloads": [_web]})) == {"the load on the pods of Deployment web is uneven"}
}

test_a_deployment_beside_a_daemonset_is_another if {
	_consequences(_input({}, {"workloads": [_web], "daemonSets": _daemonsets(["a"])})) == {
		"the load on pods of DaemonSet a, Deployment web is uneven",
	}
}

test_a_choice_for_each_connection_has_no_say if {
	doc := _input({"balance": "least-connection"}, {"daemonSets": _daemonsets(["a"])})
	_consequences(doc) == {"inshore.dev/balance: least-connection has no say"}
}

test_one_pod_a_node_leaves_nothing_to_choose if {
	_consequences(_input({}, {"daemonSets": _daemonsets(["a"])})) == set()
	_consequences(_input({}, {})) == set()
}

test_without_affinity_all_is_fine if {
	every affinity in ["", "None"] {
		doc := object.union(
			_input({}, {"daemonSets": _daemonsets(["a", "b"])}),
			{"object": {"spec": {"sessionAffinity": affinity}}},
		)
		_consequences(doc) == set()
	}
}

test_a_service_that_opted_out_may_have_affinity if {
	_consequences(_input({"nodeLocal": "disabled"}, {"daemonSets": _daemonsets(["a", "b"])})) == set()
}
