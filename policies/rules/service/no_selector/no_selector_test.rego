package inshore.rules.service.no_selector_test

import data.inshore.rules.service.no_selector

_input(node_local, spec) := {"intent": {"nodeLocal": node_local}, "object": {"spec": spec}}

test_no_selector_is_refused if {
	no_selector.violation == {{"field": "spec.selector"}} with input as _input("required", {})
}

test_an_empty_selector_is_none if {
	count(no_selector.violation) == 1 with input as _input("preferred", {"selector": {}})
}

test_a_selector_is_fine if {
	count(no_selector.violation) == 0 with input as _input("required", {"selector": {"app": "a"}})
}

test_headless_and_external_name_have_findings_of_their_own if {
	every spec in [{"clusterIP": "None"}, {"type": "ExternalName"}] {
		count(no_selector.violation) == 0 with input as _input("required", spec)
	}
}

test_a_service_that_opted_out_needs_no_selector if {
	count(no_selector.violation) == 0 with input as _input("disabled", {})
}
