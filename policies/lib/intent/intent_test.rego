package inshore.lib.intent_test

import data.inshore.lib.intent

test_required_opts_in if {
	intent.opted_in with input.intent.nodeLocal as "required"
	intent.required with input.intent.nodeLocal as "required"
}

test_preferred_opts_in if {
	intent.opted_in with input.intent.nodeLocal as "preferred"
	not intent.required with input.intent.nodeLocal as "preferred"
}

test_disabled_opts_out if {
	not intent.opted_in with input.intent.nodeLocal as "disabled"
}

test_nothing_written_asks_for_nothing if {
	not intent.opted_in with input.intent as {}
	not intent.required with input.intent as {}
}
