package inshore.rules.daemonset.self_anti_affinity_test

import data.inshore.rules.daemonset.self_anti_affinity

_input(node_local, terms) := {
	"intent": {"nodeLocal": node_local},
	"namespace": {"name": "core"},
	"object": {"metadata": {}, "spec": {"template": {
		"metadata": {"labels": {"app": "a", "tier": "cache"}},
		"spec": {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}},
	}}},
}

_term(selector) := {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}

_reported(term) if count(self_anti_affinity.violation) == 1 with input as _input("required", [term])

_quiet(term) if count(self_anti_affinity.violation) == 0 with input as _input("required", [term])

_expression(key, operator, values) := _term({"matchExpressions": [{"key": key, "operator": operator, "values": values}]})

test_pods_that_repel_each_other_are_refused if {
	self_anti_affinity.violation == {{
		"field": "spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[1]",
		"values": {"topologyKey": "kubernetes.io/hostname"},
	}} with input as _input("preferred", [_term({"matchLabels": {"app": "b"}}), _term({"matchLabels": {"app": "a"}})])
}

test_all_of_a_selector_must_take_them if {
	_reported(_term({"matchLabels": {"app": "a", "tier": "cache"}}))
	_quiet(_term({"matchLabels": {"app": "a", "tier": "web"}}))
	_quiet({"topologyKey": "kubernetes.io/hostname"})
	_reported(_term({}))
}

test_expressions_are_understood if {
	_reported(_expression("app", "In", ["a", "b"]))
	_quiet(_expression("app", "In", ["b"]))
	_reported(_expression("app", "NotIn", ["b"]))
	_reported(_expression("other", "NotIn", ["b"]))
	_quiet(_expression("app", "NotIn", ["a"]))
	_reported(_expression("app", "Exists", []))
	_quiet(_expression("other", "Exists", []))
	_reported(_expression("other", "DoesNotExist", []))
	_quiet(_expression("app", "DoesNotExist", []))
	_quiet(_expression("app", "Near", []))
}

test_other_namespaces_are_other_pods if {
	own := _term({"matchLabels": {"app": "a"}})
	_quiet(object.union(own, {"namespaces": ["shop"]}))
	_reported(object.union(own, {"namespaces": ["shop", "core"]}))
	_reported(object.union(own, {"namespaceSelector": {}}))
	_quiet(object.union(own, {"namespaceSelector": {"matchLabels": {"team": "x"}}}))
}

test_revisions_may_be_kept_apart if {
	own := _term({"matchLabels": {"app": "a"}})
	_quiet(object.union(own, {"matchLabelKeys": ["controller-revision-hash"]}))
	_quiet(object.union(own, {"mismatchLabelKeys": ["tenant"]}))
}

test_a_daemon_that_opted_out_may_repel_itself if {
	doc := _input("disabled", [_term({"matchLabels": {"app": "a"}})])
	count(self_anti_affinity.violation) == 0 with input as doc
}
