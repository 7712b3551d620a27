package inshore.rules.daemonset.template_annotation_test

import data.inshore.rules.daemonset.template_annotation

_input(node_local, annotations) := {
	"intent": {"nodeLocal": node_local},
	"object": {"spec": {"template": {"metadata": {"annotations": annotations}}}},
}

test_each_of_ours_is_reported_whether_or_not_the_daemon_opted_in if {
	every node_local in ["required", "", "disabled"] {
		doc := _input(node_local, {"inshore.dev/drain": "", "inshore.dev/node-local": "", "example.com/x": ""})
		template_annotation.violation == {
			{
				"field": "spec.template.metadata.annotations[inshore.dev/drain]",
				"values": {"annotation": "inshore.dev/drain"},
			},
			{
				"field": "spec.template.metadata.annotations[inshore.dev/node-local]",
				"values": {"annotation": "inshore.dev/node-local"},
			},
		} with input as doc
	}
}

test_others_are_fine if {
	count(template_annotation.violation) == 0 with input as _input("required", {"example.com/inshore.dev": ""})
}
