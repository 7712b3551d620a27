package inshore.rules.daemonset.host_network_test

import data.inshore.rules.daemonset.host_network

_input(node_local, spec) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"template": {"spec": spec}}},
}

test_the_hosts_network_is_refused_with_and_without_declared_ports if {
	every containers in [[{"name": "a", "ports": [{"containerPort": 80}]}], [{"name": "a"}]] {
		doc := _input("required", {"hostNetwork": true, "containers": containers})
		host_network.violation == {{"field": "spec.template.spec.hostNetwork"}} with input as doc
	}
}

test_the_pods_own_network_is_fine if {
	every spec in [{}, {"hostNetwork": false}] {
		count(host_network.violation) == 0 with input as _input("preferred", spec)
	}
}

test_a_daemon_that_opted_out_may_use_the_hosts_network if {
	count(host_network.violation) == 0 with input as _input("disabled", {"hostNetwork": true})
}
