package inshore.rules.daemonset.exclusive_volume_test

import data.inshore.rules.daemonset.exclusive_volume

_input(node_local, volumes) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"template": {"spec": {"volumes": volumes}}}},
}

test_a_claim_is_reported if {
	doc := _input("required", [{"name": "a"}, {"name": "b", "persistentVolumeClaim": {"claimName": "data"}}])
	exclusive_volume.violation == {{
		"field": "spec.template.spec.volumes[1].persistentVolumeClaim",
		"values": {"claim": "data"},
	}} with input as doc
}

test_a_claim_that_is_only_read_is_fine if {
	doc := _input("required", [{"persistentVolumeClaim": {"claimName": "data", "readOnly": true}}])
	count(exclusive_volume.violation) == 0 with input as doc
}

test_an_unfinished_claim_is_reported_too if {
	count(exclusive_volume.violation) == 1 with input as _input("preferred", [{"persistentVolumeClaim": {}}])
}

test_a_daemon_that_opted_out_may_have_a_claim if {
	doc := _input("disabled", [{"persistentVolumeClaim": {"claimName": "data"}}])
	count(exclusive_volume.violation) == 0 with input as doc
}
