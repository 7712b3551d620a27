package inshore.rules.service.external_name_test

import data.inshore.rules.service.external_name

_input(node_local, spec) := {"intent": {"nodeLocal": node_local}, "object": {"spec": spec}}

test_an_external_name_is_refused if {
	doc := _input("required", {"type": "ExternalName", "externalName": "cache.example.com"})
	external_name.violation == {{
		"field": "spec.type",
		"values": {"externalName": "cache.example.com"},
	}} with input as doc
}

test_an_unfinished_external_name_is_refused_too if {
	count(external_name.violation) == 1 with input as _input("preferred", {"type": "ExternalName"})
}

test_an_external_name_that_opted_out_is_left_alone if {
	count(external_name.violation) == 0 with input as _input("disabled", {"type": "ExternalName"})
}

test_other_types_are_fine if {
	every type in ["ClusterIP", "NodePort", "LoadBalancer"] {
		count(external_name.violation) == 0 with input as _input("required", {"type": type})
	}
}
