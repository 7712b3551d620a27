package inshore.rules.daemonset.no_min_ready_test

import data.inshore.rules.daemonset.no_min_ready

_input(node_local, spec) := {"intent": {"nodeLocal": node_local}, "object": {"spec": spec}}

test_no_patience_is_reported if {
	every spec in [{}, {"minReadySeconds": 0}] {
		doc := _input("required", spec)
		no_min_ready.violation == {{"field": "spec.minReadySeconds"}} with input as doc
	}
}

test_any_patience_is_fine if {
	count(no_min_ready.violation) == 0 with input as _input("preferred", {"minReadySeconds": 1})
}

test_a_daemon_that_opted_out_needs_no_patience if {
	count(no_min_ready.violation) == 0 with input as _input("disabled", {})
}
