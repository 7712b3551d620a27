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

test_a_prestop_that_waits_is_the_wait if {
	every handler in [{}, {"sleep": {"seconds": 1}}, {"exec": {"command": ["/opt/drain.sh"]}}] {
		_named(_input({}, [{"name": "a", "ports": _ports, "lifecycle": {"preStop": handler}}])) == set()
	}
}

test_a_prestop_that_does_not_wait_is_named_for_it if {
	every intent in [{}, {"drainSeconds": 15}] {
		every handler in [{"httpGet": {}}, {"exec": {"command": ["nginx", "-s", "quit"]}}] {
			doc := _input(intent, [{"name": "a", "ports": _ports, "lifecycle": {"preStop": handler}}])
			_named(doc) == {"a (whose preStop does not wait)"}
		}
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
