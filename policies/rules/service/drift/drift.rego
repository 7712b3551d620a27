# METADATA
# title: The Service is not what its annotations ask for
# description: |
#   Inshore's webhook writes the fields that the annotations ask for. Where they disagree after it
#   had its turn, either it was not reached (mutation never blocks an API call, so an outage of the
#   webhook lets the object through as it is), or another webhook or controller changed the field
#   back. The audit repairs the first within minutes; the second comes back, and needs the two owners
#   of the field to agree.
#
#   It is a warning because refusing would turn the webhook's outage into everybody's.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH106
#   severity: warning
#   kinds: [Service]
#   message: >-
#     {object}: {field} is {found} where the annotations ask for {wanted}; until that is repaired,
#     {consequence}.
#   remedy: >-
#     The audit repairs a missed mutation. If this comes back, metadata.managedFields shows who else
#     writes the field: make one of the two let go.
#   since: v0.1.0
package inshore.rules.service.drift

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.required
	routing.routable
	found := object.get(input.object.spec, "internalTrafficPolicy", "Cluster")
	found != "Local"
	finding := _finding("spec.internalTrafficPolicy", found, "Local", "calls go to any node's pod")
}

violation contains finding if {
	_preferred
	found := object.get(input.object.spec, "internalTrafficPolicy", "Cluster")
	found != "Cluster"
	finding := _finding(
		"spec.internalTrafficPolicy", found, "Cluster",
		"calls fail on a node without a ready pod instead of using another node's",
	)
}

violation contains finding if {
	_preferred
	found := object.get(input.object.spec, "trafficDistribution", "not set")
	wanted := _traffic_distribution
	found != wanted
	finding := _finding("spec.trafficDistribution", found, wanted, "calls are not kept on their node")
}

violation contains finding if {
	intent.opted_in
	input.intent.externalTraffic == "local"
	routing.routable
	input.object.spec.type in {"NodePort", "LoadBalancer"}
	found := object.get(input.object.spec, "externalTrafficPolicy", "Cluster")
	found != "Local"
	finding := _finding(
		"spec.externalTrafficPolicy", found, "Local",
		"calls from outside take a second hop and lose the client's address",
	)
}

violation contains finding if {
	intent.opted_in
	routing.routable
	found := object.get(_labels, _label, "not set")
	found != input.intent.nodeLocal
	finding := _finding(
		_label_field, found, input.intent.nodeLocal,
		"node agents do not see what the Service asks for",
	)
}

violation contains finding if {
	not intent.opted_in
	found := _labels[_label]
	finding := _finding(_label_field, found, "no label", "node agents go on routing the Service")
}

_preferred if {
	input.intent.nodeLocal == "preferred"
	routing.routable
}

# 1.34 is the first API server that knows PreferSameNode (KEP-3015), 1.31 the
# first that keeps trafficDistribution at all by default (KEP-4444).
_traffic_distribution := "PreferSameNode" if {
	_minor >= 34
} else := "PreferClose" if {
	_minor >= 31
}

_minor := input.platform.kubernetes.minor if input.platform.kubernetes.major == 1

_labels := object.get(input.object.metadata, "labels", {})

_label := "inshore.dev/node-local"

_label_field := sprintf("metadata.labels[%s]", [_label])

_finding(field, found, wanted, consequence) := {
	"field": field,
	"values": {"found": found, "wanted": wanted, "consequence": consequence},
}
