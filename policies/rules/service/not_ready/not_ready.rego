# METADATA
# title: Pods that are not ready get calls
# description: |
#   With publishNotReadyAddresses every pod counts as ready the moment it has an address. During a rollout the new
#   pod of a node gets calls before it listens, and a pod that says by its readinessProbe that it cannot serve
#   keeps getting them. All that makes a handover safe (the probe, minReadySeconds, Inshore's readiness gate)
#   is switched off by this one field.
#
#   The field is meant for headless Services by which the members of a cluster find each other before they are
#   ready. Those are discovery and not routing: they are a Service of their own.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH105
#   severity: warning
#   kinds: [Service]
#   message: >-
#     {object} sends calls to pods that are not ready: in a rollout to the new pod before it listens,
#     whatever its readinessProbe says.
#   remedy: >-
#     Remove publishNotReadyAddresses. If members of a cluster find each other by it, keep it on a
#     headless Service of their own.
#   since: v0.1.0
package inshore.rules.service.not_ready

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains {"field": "spec.publishNotReadyAddresses"} if {
	intent.opted_in
	routing.routable
	input.object.spec.publishNotReadyAddresses
}
