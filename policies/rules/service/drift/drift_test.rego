package inshore.rules.service.drift_test

import data.inshore.rules.service.drift

_input(node_local, spec) := _on_version(34, node_local, spec)

_on_version(minor, node_local, spec) := {
	"intent": {"nodeLocal": node_local},
	"platform": {"kubernetes": {"major": 1, "minor": minor}},
	"object": {
		"metadata": {"labels": {"inshore.dev/node-local": node_local}},
		"spec": object.union({"selector": {"app": "a"}}, spec),
	},
}

_external(spec) := object.union(_input("required", spec), {"intent": {"externalTraffic": "local"}})

_found(doc) := {finding.field: finding.values.wanted |
	some finding in drift.violation with input as doc
}

test_mutated_services_are_as_they_should_be if {
	_found(_input("required", {"internalTrafficPolicy": "Local"})) == {}
	_found(_input("preferred", {"internalTrafficPolicy": "Cluster", "trafficDistribution": "PreferSameNode"})) == {}
	_found(_input("preferred", {"trafficDistribution": "PreferSameNode"})) == {}
}

test_required_wants_local if {
	every spec in [{}, {"internalTrafficPolicy": "Cluster"}] {
		_found(_input("required", spec)) == {"spec.internalTrafficPolicy": "Local"}
	}
}

test_preferred_wants_cluster_and_a_preference if {
	_found(_input("preferred", {"internalTrafficPolicy": "Local"})) == {
		"spec.internalTrafficPolicy": "Cluster",
		"spec.trafficDistribution": "PreferSameNode",
	}
}

test_what_preferred_wants_depends_on_the_api_server if {
	wanted := {minor: _found(_on_version(minor, "preferred", {})) | some minor in [30, 31, 33, 34, 36]}
	wanted == {
		30: {}, # the server drops the field
		31: {"spec.trafficDistribution": "PreferClose"},
		33: {"spec.trafficDistribution": "PreferClose"},
		34: {"spec.trafficDistribution": "PreferSameNode"},
		36: {"spec.trafficDistribution": "PreferSameNode"},
	}
}

test_an_upgraded_cluster_still_has_the_weaker_preference if {
	_found(_input("preferred", {"trafficDistribution": "PreferClose"})) == {"spec.trafficDistribution": "PreferSameNode"}
}

test_an_unknown_version_wants_nothing_in_particular if {
	doc := object.union(_input("preferred", {}), {"platform": {"kubernetes": {"major": 0, "minor": 0}}})
	_found(doc) == {}
}

test_external_traffic_wants_local if {
	spec := {"type": "NodePort", "internalTrafficPolicy": "Local"}
	_found(_external(spec)) == {"spec.externalTrafficPolicy": "Local"}
	_found(_external(object.union(spec, {"externalTrafficPolicy": "Cluster"}))) == {"spec.externalTrafficPolicy": "Local"}
	_found(_external(object.union(spec, {"externalTrafficPolicy": "Local"}))) == {}
}

test_external_traffic_on_a_cluster_ip_has_a_finding_of_its_own if {
	_found(_external({"type": "ClusterIP", "internalTrafficPolicy": "Local"})) == {}
}

test_external_traffic_wants_nothing_without_opting_in if {
	every node_local in ["", "disabled"] {
		doc := object.union(_external({"type": "NodePort"}), {"intent": {"nodeLocal": node_local}})
		not _found(doc)["spec.externalTrafficPolicy"]
	}
}

test_the_label_says_what_the_annotation_says if {
	doc := _input("required", {"internalTrafficPolicy": "Local"})
	relabeled := object.union(doc, {"object": {"metadata": {"labels": {"inshore.dev/node-local": "preferred"}}}})
	_found(relabeled) == {"metadata.labels[inshore.dev/node-local]": "required"}
}

test_the_label_must_be_there if {
	doc := {
		"intent": {"nodeLocal": "required"},
		"object": {"metadata": {}, "spec": {"selector": {"app": "a"}, "internalTrafficPolicy": "Local"}},
	}
	_found(doc) == {"metadata.labels[inshore.dev/node-local]": "required"}
}

test_a_label_left_behind_is_drift if {
	every intent in [{}, {"nodeLocal": "disabled"}] {
		doc := {
			"intent": intent,
			"object": {"metadata": {"labels": {"inshore.dev/node-local": "required"}}, "spec": {}},
		}
		_found(doc) == {"metadata.labels[inshore.dev/node-local]": "no label"}
	}
}

test_what_nobody_opted_in_cannot_drift if {
	_found({"intent": {}, "object": {"metadata": {"labels": {"app": "a"}}, "spec": {"selector": {"app": "a"}}}}) == {}
}

test_what_mutation_leaves_alone_cannot_drift if {
	every spec in [{"clusterIP": "None"}, {"type": "ExternalName"}, {"selector": {}}] {
		doc := {"intent": {"nodeLocal": "required"}, "object": {"metadata": {}, "spec": spec}}
		_found(doc) == {}
	}
}
