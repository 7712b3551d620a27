package inshore.lib.routing_test

import data.inshore.lib.routing

_input(spec) := {"object": {"spec": spec}}

test_a_service_with_a_selector_routes if {
	doc := _input({"clusterIP": "10.96.0.9", "selector": {"app": "a"}})
	routing.routable with input as doc
	not routing.external_name with input as doc
	not routing.headless with input as doc
	not routing.no_selector with input as doc
}

test_an_external_name_is_nothing_else if {
	doc := _input({"type": "ExternalName", "clusterIP": "None"})
	routing.external_name with input as doc
	not routing.headless with input as doc
	not routing.no_selector with input as doc
	not routing.routable with input as doc
}

test_a_headless_service_is_nothing_else if {
	doc := _input({"clusterIP": "None"})
	routing.headless with input as doc
	not routing.no_selector with input as doc
	not routing.routable with input as doc
}

test_an_empty_selector_is_no_selector if {
	every spec in [{}, {"selector": {}}] {
		routing.no_selector with input as _input(spec)
		not routing.routable with input as _input(spec)
	}
}
