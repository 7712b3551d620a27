package acme.team_label_test

import data.acme.team_label

_input(node_local, labels) := {
	"intent": {"nodeLocal": node_local},
	"object": {"metadata": {"labels": labels}},
}

test_a_service_without_a_team_is_reported if {
	found := team_label.violation with input as _input("required", {"app": "mcrouter"})
	found == {{"field": "metadata.labels", "values": {"label": "acme.example/team"}}}
}

test_a_team_is_enough if {
	count(team_label.violation) == 0 with input as _input("required", {"acme.example/team": "caching"})
}

test_a_service_that_did_not_opt_in_needs_none if {
	count(team_label.violation) == 0 with input as _input("disabled", {})
}
