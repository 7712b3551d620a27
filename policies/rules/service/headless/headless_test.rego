package inshore.rules.service.headless_test

import data.inshore.rules.service.headless

_input(node_local, spec) := {"intent": {"nodeLocal": node_local}, "object": {"spec": spec}}

test_headless_is_refused_however_it_is_opted_in if {
	every node_local in ["required", "preferred"] {
		doc := _input(node_local, {"clusterIP": "None", "selector": {"app": "a"}})
		headless.violation == {{"field": "spec.clusterIP"}} with input as doc
	}
}

test_headless_without_a_selector_is_refused_here if {
	count(headless.violation) == 1 with input as _input("required", {"clusterIP": "None"})
}

test_a_service_that_opted_out_may_be_headless if {
	count(headless.violation) == 0 with input as _input("disabled", {"clusterIP": "None"})
}

test_an_address_is_fine if {
	doc := _input("required", {"clusterIP": "10.96.0.9", "selector": {"app": "a"}})
	count(headless.violation) == 0 with input as doc
}

test_an_address_not_yet_allocated_is_fine if {
	count(headless.violation) == 0 with input as _input("required", {"selector": {"app": "a"}})
}
