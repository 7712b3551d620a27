package inshore.rules.daemonset.short_grace_test

import data.inshore.rules.daemonset.short_grace

_input(node_local, spec) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"template": {"spec": spec}}},
}

_sleep(name, seconds) := {"name": name, "lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}

_spent(spec) := {finding.values.spent |
	some finding in short_grace.violation with input as _input("required", spec)
}

test_a_wait_as_long_as_the_grace_period_is_reported if {
	short_grace.violation == {{
		"field": "spec.template.spec.terminationGracePeriodSeconds",
		"values": {"grace": 60, "spent": "the preStop of a waits 60 s of it"},
	}} with input as _input("preferred", {"terminationGracePeriodSeconds": 60, "containers": [_sleep("a", 60)]})
}

test_the_grace_period_is_30_by_default if {
	_spent({"containers": [_sleep("a", 30)]}) == {"the preStop of a waits 30 s of it"}
	_spent({"containers": [_sleep("a", 29)]}) == set()
}

test_those_that_wait_longest_are_named if {
	_spent({"containers": [_sleep("b", 90), _sleep("a", 90), _sleep("c", 40), {"name": "d"}]}) == {"the preStop of a, b waits 90 s of it"}
}

test_a_command_that_sleeps_waits if {
	container := {"name": "a", "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "sleep 45 && nginx -s quit"]}}}}
	_spent({"containers": [container]}) == {"the preStop of a waits 45 s of it"}
	_spent({"terminationGracePeriodSeconds": 90, "containers": [container]}) == set()
}

test_of_two_handlers_the_sleep_counts if {
	handlers := {"sleep": {"seconds": 40}, "exec": {"command": ["sleep", "50"]}}
	_spent({"containers": [{"name": "a", "lifecycle": {"preStop": handlers}}]}) == {"the preStop of a waits 40 s of it"}
}

test_a_grace_period_of_nothing_is_reported_whatever_waits if {
	every containers in [[{"name": "a"}], [_sleep("a", 5)]] {
		_spent({"terminationGracePeriodSeconds": 0, "containers": containers}) == {"no preStop runs"}
	}
}

test_a_daemon_that_opted_out_may_be_cut_off if {
	doc := _input("disabled", {"terminationGracePeriodSeconds": 0, "containers": []})
	count(short_grace.violation) == 0 with input as doc
}
