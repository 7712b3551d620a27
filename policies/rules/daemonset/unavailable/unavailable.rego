# METADATA
# title: The rolling update takes the old pod away first
# description: |
#   Kubernetes replaces a DaemonSet's pods by deleting the old one first, unless maxSurge is set and
#   maxUnavailable is 0. In between, node-local calls on that node have nowhere to go. Inshore's webhook
#   writes both fields; if maxUnavailable is not 0 afterwards, the webhook was not reached (mutation never
#   blocks an API call), or another webhook or controller changed the fields back.
#
#   It is a warning because refusing would turn the webhook's outage into everybody's.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH209
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object}: maxUnavailable is {maxUnavailable} and maxSurge {maxSurge}, so a rollout deletes the
#     old pod before the new one is ready.
#   remedy: >-
#     The audit repairs a missed mutation. If this comes back, metadata.managedFields shows who else
#     writes the field: make one of the two let go.
#   since: v0.1.0
package inshore.rules.daemonset.unavailable

import data.inshore.lib.intent
import data.inshore.lib.pod
import data.inshore.lib.rollout

violation contains finding if {
	intent.opted_in
	unavailable := rollout.max_unavailable(input.object)
	not rollout.zero(unavailable)

	# Mutation leaves these alone, and other rules say why.
	not rollout.on_delete(input.object)
	not pod.host_network
	pod.host_ports == {}
	finding := {
		"field": "spec.updateStrategy.rollingUpdate.maxUnavailable",
		"values": {"maxUnavailable": unavailable, "maxSurge": rollout.max_surge(input.object)},
	}
}
