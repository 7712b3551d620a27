package inshore.rules.daemonset.no_drain_test

import data.inshore.rules.daemonset.no_drain

_input(intent, containers) := {
	"intent": object.union({"nodeLocal": "required"}, intent),
	"object": {"spec": {"template": {"spec": {"containers": containers}}}},
}

_named(doc) := {finding.values.containers | some finding in no_drain.violation with input as doc}

_ports := [{"containerPort": 80}]

_prestop := {"preStop": {"sleep": {"seconds": 5}}}

test_containers_that_serve_without_a_wait_are_named if {
	doc := _input({}, [{"name": "a", "ports": _ports}, {"name": "b", "ports": _ports}, {"name": "reloader"}])
	no_drain.violation == {{
		"field": "metadata.annotations[inshore.dev/drain]",
		"values": {"containers": "a, b"},
	}} with input as doc
}

test_a_container_with_a_wait_is_not_named if {
	doc := _input({}, [{"name": "a", "ports": _ports, "lifecycle": _prestop}, {"name": "b", "ports": _ports}])
	_named(doc) == {"b"}
}

test_without_declared_ports_every_container_may_serve if {
	_named(_input({}, [{"name": "a"}, {"name": "b", "lifecycle": _prestop}])) == {"a"}
}

test_any_prestop_is_a_wait if {
	every lifecycle in [{"preStop": {}}, _prestop] {
		_named(_input({}, [{"name": "a", "ports": _ports, "lifecycle": lifecycle}])) == set()
	}
}

test_a_poststart_is_no_wait if {
	_named(_input({}, [{"name": "a", "lifecycle": {}}])) == {"a"}
}

test_the_annotation_is_the_wait if {
	_named(_input({"drainSeconds": 15}, [{"name": "a", "ports": _ports}])) == set()
}

test_a_daemon_that_opted_out_needs_no_wait if {
	_named(_input({"nodeLocal": "disabled"}, [{"name": "a", "ports": _ports}])) == set()
}
