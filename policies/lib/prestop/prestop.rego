# METADATA
# title: What a preStop handler waits for
# description: |
#   The functions take a container. A handler is judged by what the object shows, in the container's favour: a
#   program that nobody knows is taken to wait for the right thing.
# schemas:
#   - input: schema.document
package inshore.lib.prestop

# It keeps SIGTERM away for a while. The sleep comes first, as it is what most
# have and costs least.
waits(container) if container.lifecycle.preStop.sleep.seconds > 0

waits(container) if {
	container.lifecycle.preStop
	not _returns_at_once(container.lifecycle.preStop)
}

# How long its command certainly sleeps. Undefined if that cannot be told.
sleeps(container) := total if {
	command := _line(container.lifecycle.preStop.exec)
	not regex.match(`\b(while|until|for)\b`, command)
	waits := regex.find_all_string_submatch_n(`(?:^|[\s;&|/])sleep\s+(\d{1,6})(m?)s?\b`, command, -1)
	count(waits) > 0
	total := sum([each |
		some wait in waits
		each := to_number(wait[1]) * _unit[wait[2]]
	])
}

_unit := {"": 1, "m": 60}

_returns_at_once(handler) if handler.sleep.seconds == 0

# A request is answered, and the handler is done.
_returns_at_once(handler) if handler.httpGet

# Never implemented, and not an error either.
_returns_at_once(handler) if handler.tcpSocket

# Programs that signal, write or say something. nginx -s tells the server to
# stop listening: the opposite of a wait.
_returns_at_once(handler) if {
	regex.match(`^(?:(?:\S*/)?(?:|ba|da|a)sh\s+(?:-\w+\s+)+)?(?:(?:^|[;&|\s])*(?:\S*/)?(?:true|:|echo|exit|kill|killall|nginx|openresty|pkill|printf|rm|touch)(?:\s[^;&|\n]*)?)*[;&|\s]*$`, _line(handler.exec))
}

_line(exec) := concat(" ", object.get(exec, "command", []))
