package inshore.lib.rollout_test

import data.inshore.lib.rollout

_daemonset(strategy) := {"spec": {"updateStrategy": strategy}}

test_defaults_are_those_of_the_api_server if {
	rollout.max_unavailable({"spec": {}}) == 1
	rollout.max_surge({"spec": {}}) == 0
	not rollout.on_delete({"spec": {}})
	not rollout.surges({"spec": {}})
}

test_a_surge_is_a_number_or_a_percentage if {
	rollout.surges(_daemonset({"rollingUpdate": {"maxSurge": 1}}))
	rollout.surges(_daemonset({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "10%"}}))
}

test_zero_is_a_number_or_a_percentage if {
	every value in [0, "0%", "00%"] {
		not rollout.surges(_daemonset({"rollingUpdate": {"maxSurge": value}}))
		rollout.zero(value)
	}
}

test_other_values_are_not_zero if {
	every value in [1, "1%", "10%", "0", ""] {
		not rollout.zero(value)
	}
}

test_on_delete_never_surges if {
	daemonset := _daemonset({"type": "OnDelete", "rollingUpdate": {"maxSurge": 1}})
	rollout.on_delete(daemonset)
	not rollout.surges(daemonset)
}
