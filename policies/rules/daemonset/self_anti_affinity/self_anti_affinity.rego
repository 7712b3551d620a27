# METADATA
# title: The pods keep each other off their node
# description: |
#   A required podAntiAffinity that takes the DaemonSet's own pods says that no two of them may share a node (or a
#   zone). A DaemonSet has one pod a node anyway, so this does nothing until a surge wants a second one for a while: the
#   scheduler never places it, and the rollout stops at its first pod. Charts that can render a Deployment as well are
#   where it comes from.
#
#   A term with matchLabelKeys (as controller-revision-hash) tells pods of one revision from another's and lets the surge
#   pod in; it is not reported. Neither is a preferred anti-affinity, which keeps nobody off.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH212
#   severity: error
#   kinds: [DaemonSet]
#   message: >-
#     {object}: its podAntiAffinity keeps its own pods apart by {topologyKey}: the surge pod stays
#     Pending beside the old one and the rollout stops.
#   remedy: >-
#     Remove the term: a DaemonSet has one pod a node without it. If it keeps other pods away,
#     narrow its labelSelector to those.
#   since: v0.1.0
#   native: >-
#     A label selector's expressions over the template's labels take a loop in a loop over lists that
#     the API server cannot bound, which puts the expression past its cost limit.
package inshore.rules.daemonset.self_anti_affinity

import data.inshore.lib.intent

violation contains finding if {
	intent.opted_in
	terms := input.object.spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution
	some i, term in terms
	_own_namespace(term)
	_takes(term.labelSelector)

	# These compare revisions.
	count(object.get(term, "matchLabelKeys", [])) == 0
	count(object.get(term, "mismatchLabelKeys", [])) == 0
	finding := {
		"field": sprintf("%s[%d]", [_field, i]),
		"values": {"topologyKey": object.get(term, "topologyKey", "nothing")},
	}
}

_field := "spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"

# The object may leave its namespace to the document.
_namespace := object.get(input.object.metadata, "namespace", input.namespace.name)

_own_namespace(term) if _namespace in object.get(term, "namespaces", [])

_own_namespace(term) if {
	count(object.get(term, "namespaces", [])) == 0
	not term.namespaceSelector
}

# An empty selector takes every namespace. What another takes, the object does not
# show.
_own_namespace(term) if term.namespaceSelector == {}

_labels := object.get(input.object.spec.template, ["metadata", "labels"], {})

_takes(selector) if {
	every key, value in object.get(selector, "matchLabels", {}) {
		_labels[key] == value
	}
	every requirement in object.get(selector, "matchExpressions", []) {
		_satisfied(requirement)
	}
}

_satisfied(requirement) if {
	requirement.operator == "In"
	_in(requirement)
}

_satisfied(requirement) if {
	requirement.operator == "NotIn"
	not _in(requirement)
}

_satisfied(requirement) if {
	requirement.operator == "Exists"
	_has(requirement.key)
}

_satisfied(requirement) if {
	requirement.operator == "DoesNotExist"
	not _has(requirement.key)
}

_in(requirement) if _labels[requirement.key] in object.get(requirement, "values", [])

_has(key) if key in object.keys(_labels)
