package inshore.rules.daemonset.unavailable_test

import data.inshore.rules.daemonset.unavailable

_input(node_local, strategy, template) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"updateStrategy": strategy, "template": {"spec": template}}},
}

_rolling(max_unavailable, max_surge) := {"rollingUpdate": {"maxUnavailable": max_unavailable, "maxSurge": max_surge}}

test_a_pod_taken_away_first_is_reported if {
	every values in [[1, 0], ["10%", 0], ["100%", "0%"]] {
		doc := _input("required", _rolling(values[0], values[1]), {})
		unavailable.violation == {{
			"field": "spec.updateStrategy.rollingUpdate.maxUnavailable",
			"values": {"maxUnavailable": values[0], "maxSurge": values[1]},
		}} with input as doc
	}
}

test_the_api_servers_default_is_reported if {
	unavailable.violation == {{
		"field": "spec.updateStrategy.rollingUpdate.maxUnavailable",
		"values": {"maxUnavailable": 1, "maxSurge": 0},
	}} with input as _input("preferred", {}, {})
}

test_a_surge_is_fine if {
	every values in [[0, 1], ["0%", "10%"]] {
		doc := _input("required", _rolling(values[0], values[1]), {})
		count(unavailable.violation) == 0 with input as doc
	}
}

test_what_mutation_leaves_alone_has_findings_of_its_own if {
	every doc in [
		_input("required", {"type": "OnDelete"}, {}),
		_input("required", _rolling(1, 0), {"hostNetwork": true}),
		_input("required", _rolling(1, 0), {"containers": [{"name": "a", "ports": [{"hostPort": 80}]}]}),
	] {
		count(unavailable.violation) == 0 with input as doc
	}
}

test_a_daemon_that_opted_out_may_be_unavailable if {
	count(unavailable.violation) == 0 with input as _input("disabled", _rolling(1, 0), {})
}
