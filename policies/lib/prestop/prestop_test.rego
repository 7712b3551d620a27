package inshore.lib.prestop_test

import data.inshore.lib.prestop

_container(handler) := {"lifecycle": {"preStop": handler}}

_exec(command) := _container({"exec": {"command": command}})

_shell(script) := _exec(["/bin/sh", "-c", script])

test_a_sleep_waits if {
	prestop.waits(_container({"sleep": {"seconds": 15}}))
	not prestop.waits(_container({"sleep": {"seconds": 0}}))
}

test_nothing_does_not_wait if {
	every container in [{}, {"lifecycle": {}}, {"lifecycle": {"postStart": {}}}] {
		not prestop.waits(container)
		not prestop.sleeps(container)
	}
}

test_a_request_is_no_wait if {
	not prestop.waits(_container({"httpGet": {}}))
	not prestop.waits(_container({"tcpSocket": {}}))
}

test_a_handler_that_nobody_knows_may_wait if prestop.waits(_container({}))

test_commands_that_return_at_once_do_not_wait if {
	every command in [
		["nginx", "-s", "quit"], ["/usr/sbin/nginx", "-s", "quit"], ["true"], ["/bin/true"], ["kill", "-TERM", "1"],
		["pkill", "-QUIT", "envoy"], ["touch", "/tmp/draining"], ["sh", "-c", "true"], [],
	] {
		not prestop.waits(_exec(command))
	}
	every script in [
		"nginx -s quit", "echo bye; kill -QUIT $(cat /run/nginx.pid)", "touch /tmp/drain && kill 1", ":", " true ; ", "",
		"kill -TERM 1 || true",
	] {
		not prestop.waits(_shell(script))
	}
	not prestop.waits(_exec(["/bin/bash", "-e", "-c", "rm -f /tmp/ready\nkill 1\n"]))
}

test_commands_that_sleep_wait if {
	every command in [["sleep", "5"], ["/bin/sleep", "5"], ["sh", "-c", "sleep 5"], ["sh", "-ec", "sleep 5s; nginx -s quit"]] {
		prestop.waits(_exec(command))
		prestop.sleeps(_exec(command)) == 5
	}
	prestop.sleeps(_shell("sleep 1m && sleep 5")) == 65
}

test_commands_that_nobody_knows_may_wait if {
	every command in [
		["/wait-shutdown"], ["/opt/drain.sh"], ["python", "-c", "import time; time.sleep(9)"],
		["sh", "-c", "curl -X POST localhost:9901/drain"], ["sh", "-c", "kill 1; /opt/wait"],
		["truely"], ["sh", "/opt/drain.sh"],
	] {
		prestop.waits(_exec(command))
		not prestop.sleeps(_exec(command))
	}
}

test_how_long_a_loop_sleeps_cannot_be_told if {
	container := _shell("while kill -0 1; do sleep 1; done")
	prestop.waits(container)
	not prestop.sleeps(container)
}

test_a_sleep_of_unknown_length_is_a_wait if {
	every script in ["sleep $DRAIN", "sleep infinity"] {
		prestop.waits(_shell(script))
		not prestop.sleeps(_shell(script))
	}
}
