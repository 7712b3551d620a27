package inshore.rules.service.not_ready_test

import data.inshore.rules.service.not_ready

_input(node_local, spec) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": object.union({"selector": {"app": "a"}}, spec)},
}

test_calls_to_pods_that_are_not_ready_are_reported if {
	every node_local in ["required", "preferred"] {
		doc := _input(node_local, {"publishNotReadyAddresses": true})
		not_ready.violation == {{"field": "spec.publishNotReadyAddresses"}} with input as doc
	}
}

test_ready_pods_alone_are_fine if {
	every spec in [{}, {"publishNotReadyAddresses": false}] {
		count(not_ready.violation) == 0 with input as _input("required", spec)
	}
}

test_a_headless_service_has_a_finding_of_its_own if {
	doc := _input("required", {"publishNotReadyAddresses": true, "clusterIP": "None"})
	count(not_ready.violation) == 0 with input as doc
}

test_a_service_that_opted_out_may_publish_them if {
	count(not_ready.violation) == 0 with input as _input("disabled", {"publishNotReadyAddresses": true})
}
