package inshore.rules.daemonset.on_delete_test

import data.inshore.rules.daemonset.on_delete

_input(node_local, strategy) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"updateStrategy": strategy}},
}

test_on_delete_is_refused if {
	doc := _input("required", {"type": "OnDelete"})
	on_delete.violation == {{"field": "spec.updateStrategy.type"}} with input as doc
}

test_a_rolling_update_is_fine if {
	every strategy in [{"type": "RollingUpdate"}, {}] {
		count(on_delete.violation) == 0 with input as _input("preferred", strategy)
	}
}

test_a_daemon_that_opted_out_may_use_on_delete if {
	count(on_delete.violation) == 0 with input as _input("disabled", {"type": "OnDelete"})
}
