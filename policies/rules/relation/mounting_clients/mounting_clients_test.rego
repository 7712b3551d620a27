package inshore.rules.relation.mounting_clients_test

import data.inshore.rules.relation.mounting_clients

_input(node_local, path, mounts) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"template": {"spec": {
		"containers": [{"name": "serve", "volumeMounts": [{"name": "logs"}, {"name": "run"}]}],
		"volumes": [
			{"name": "logs", "hostPath": {"path": "/var/log"}},
			{"name": "run", "hostPath": {"path": path}},
		],
	}}}},
	"related": {"mounts": mounts},
}

_mount(path, clients) := {"path": path, "clients": clients, "names": ["Deployment a/x", "Deployment b/y"]}

_clients(doc) := {finding.values.clients | some finding in mounting_clients.violation with input as doc}

test_clients_of_its_directory_are_named if {
	mounting_clients.violation == {{
		"field": "spec.template.spec.volumes[1].hostPath",
		"values": {"path": "/var/run/d", "clients": "Deployment a/x, Deployment b/y"},
	}} with input as _input("required", "/var/run/d", [_mount("/var/run/d", 2)])
	_clients(_input("required", "/run/d", [_mount("/run/d", 7)])) == {"Deployment a/x, Deployment b/y and 5 more"}
}

test_a_place_that_is_everybodys_has_no_clients if {
	_clients(_input("required", "/run/d", [_mount("/var/log", 2)])) == set()
}

test_nobody_else_there_is_fine if {
	_clients(_input("required", "/run/d", [])) == set()
}

test_a_daemon_that_opted_out_keeps_its_clients if {
	_clients(_input("disabled", "/run/d", [_mount("/run/d", 2)])) == set()
}
