package inshore.lib.host_test

import data.inshore.lib.host

# What counts as the daemon's own, the tests of ISH203 go through.
test_directories_that_the_daemon_writes_are_found_by_index if {
	host.owned == {1: {"serve"}} with input.object.spec.template.spec as {
		"containers": [{"name": "serve", "volumeMounts": [{"name": "run"}, {"name": "logs"}]}],
		"volumes": [
			{"name": "logs", "hostPath": {"path": "/var/log"}},
			{"name": "run", "hostPath": {"path": "/run/daemon"}},
		],
	}
}
