package inshore.conventions_test

import data.inshore.conventions

_rule := {
	"path": "rules/daemonset/host_port/host_port.rego",
	"package": "inshore.rules.daemonset.host_port",
	"names": ["violation", "_ports"],
	"beside": ["host_port.rego", "host_port_test.rego", "bad.yaml", "good.yaml", "native.cel.yaml"],
	"annotations": {
		"title": "A title",
		"description": "What breaks.",
		"schemas": [{"path": "input", "schema": "schema.daemonset"}],
		"custom": {
			"id": "ISH201",
			"severity": "error",
			"kinds": ["DaemonSet"],
			"message": "{object} is wrong.",
			"remedy": "Right it.",
			"since": "v0.1.0",
		},
	},
}

_library := {
	"path": "lib/pod/pod.rego",
	"package": "inshore.lib.pod",
	"names": ["containers"],
	"beside": ["pod.rego", "pod_test.rego"],
	"annotations": {"title": "Pods", "schemas": [{"path": "input", "schema": "schema.daemonset"}]},
}

_custom(custom) := object.union(_rule, {"annotations": {"custom": custom}})

_without(path) := json.remove(_rule, [path])

_said(files) := said if said := conventions.violation with input as {"files": files}

_path := "rules/daemonset/host_port/host_port.rego"

test_a_rule_and_a_library_as_they_should_be if count(_said([_rule, _library])) == 0

test_the_package_is_the_path if {
	said := _said([object.union(_rule, {"package": "inshore.rules.daemonset.host_ports"})])
	said == {sprintf("%s: its package should be inshore.rules.daemonset.host_port", [_path])}
}

test_the_file_is_named_after_its_folder if {
	said := _said([object.union(_library, {"path": "lib/pod/pods.rego"})])
	said == {"lib/pod/pods.rego: its name should be that of its folder, pod.rego"}
}

test_tests_and_examples_are_beside_it if {
	_said([object.union(_rule, {"beside": ["host_port.rego", "native.cel.yaml"]})]) == {
		sprintf("%s: there is no host_port_test.rego beside it", [_path]),
		sprintf("%s: there is no bad.yaml beside it", [_path]),
		sprintf("%s: there is no good.yaml beside it", [_path]),
	}
}

test_a_rule_is_native_or_says_why_not if {
	files := ["host_port_test.rego", "bad.yaml", "good.yaml"]
	_said([object.union(_rule, {"beside": files})]) == {sprintf(
		"%s: there is neither a native.cel.yaml beside it nor a custom.native that says why not",
		[_path],
	)}
	_said([object.union(_custom({"native": "It needs nodes."}), {"beside": files})]) == set()
	_said([_custom({"native": "It needs nodes."})]) == {sprintf(
		"%s: there is a native.cel.yaml beside it, and custom.native says why not",
		[_path],
	)}
}

test_a_library_has_tests_and_needs_no_examples if {
	_said([object.union(_library, {"beside": []})]) == {"lib/pod/pod.rego: there is no pod_test.rego beside it"}
}

test_metadata_is_complete if {
	cases := {
		"annotations/title": "METADATA of its package has no title",
		"annotations/schemas": "METADATA of its package has no schemas",
		"annotations/description": "METADATA has no description",
		"annotations/custom/severity": "custom.severity is missing or not a text",
		"annotations/custom/since": "custom.since is missing or not a text",
		"annotations/custom/kinds": "custom.kinds is missing",
	}
	every path, message in cases {
		_said([_without(path)]) == {sprintf("%s: %s", [_path, message])}
	}
}

test_a_rule_without_metadata_is_told_everything if {
	said := _said([_without("annotations")])
	every member in ["id", "severity", "message", "remedy", "since"] {
		sprintf("%s: custom.%s is missing or not a text", [_path, member]) in said
	}
}

test_ids_follow_the_folder if {
	cases := {"ISH101", "ISH301", "ISH2011", "ish201", "XISH201"}
	every id in cases {
		_said([_custom({"id": id})]) == {sprintf(`%s: custom.id %s does not match ^ISH2\d\d$`, [_path, id])}
	}
}

test_ids_are_unique if {
	other := object.union(_rule, {
		"path": "rules/daemonset/other/other.rego",
		"package": "inshore.rules.daemonset.other",
		"beside": ["other_test.rego", "bad.yaml", "good.yaml", "native.cel.yaml"],
	})
	_said([_rule, other]) == {
		sprintf("%s: custom.id ISH201 is also that of rules/daemonset/other/other.rego", [_path]),
		sprintf("rules/daemonset/other/other.rego: custom.id ISH201 is also that of %s", [_path]),
	}
}

test_values_are_in_their_sets if {
	cases := [
		[{"severity": "fatal"}, "custom.severity is fatal, not error or warning"],
		[{"since": "soon"}, "custom.since is soon, not a release like v0.1.0"],
		[{"kinds": ["Pod"]}, "custom.kinds has Pod; allowed are DaemonSet and Service"],
		[{"message": "It is wrong."}, "custom.message does not name the {object}"],
		[
			{"message": concat("", ["{object}", sprintf("%0160d", [0]), "."])},
			"custom.message has 169 characters; at most 160 are shown",
		],
		[{"message": "{object} is wrong"}, "custom.message is not a sentence: it lacks a full stop"],
		[{"remedy": "Right it"}, "custom.remedy is not a sentence: it lacks a full stop"],
	]
	every case in cases {
		_said([_custom(case[0])]) == {sprintf("%s: %s", [_path, case[1]])}
	}
}

test_a_title_is_no_sentence if {
	said := _said([object.union(_rule, {"annotations": {"title": "A title."}})])
	said == {sprintf("%s: its title ends with a full stop", [_path])}
}

test_what_is_not_the_verdict_is_private if {
	said := _said([object.union(_rule, {"names": ["violation", "ports"]})])
	said == {sprintf("%s: ports is neither violation nor private (_ports)", [_path])}
}
