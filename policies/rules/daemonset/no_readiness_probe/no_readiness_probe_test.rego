package inshore.rules.daemonset.no_readiness_probe_test

import data.inshore.rules.daemonset.no_readiness_probe

_input(node_local, spec) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"template": {"spec": spec}}},
}

test_no_probe_is_refused if {
	doc := _input("required", {"containers": [{"name": "a"}, {"name": "b"}]})
	no_readiness_probe.violation == {{"field": "spec.template.spec.containers"}} with input as doc
}

test_one_probe_is_enough if {
	every probe in ["readinessProbe", "startupProbe"] {
		doc := _input("required", {"containers": [{"name": "a"}, {"name": "b", probe: {}}]})
		count(no_readiness_probe.violation) == 0 with input as doc
	}
}

test_a_sidecars_probe_counts if {
	doc := _input("required", {
		"initContainers": [{"name": "proxy", "restartPolicy": "Always", "readinessProbe": {}}],
		"containers": [{"name": "a"}],
	})
	count(no_readiness_probe.violation) == 0 with input as doc
}

test_an_init_containers_probe_does_not_count if {
	doc := _input("required", {
		"initContainers": [{"name": "setup", "readinessProbe": {}}],
		"containers": [{"name": "a"}],
	})
	count(no_readiness_probe.violation) == 1 with input as doc
}

test_a_daemon_that_opted_out_needs_no_probe if {
	doc := _input("disabled", {"containers": [{"name": "a"}]})
	count(no_readiness_probe.violation) == 0 with input as doc
}
