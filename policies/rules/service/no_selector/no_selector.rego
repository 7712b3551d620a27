# METADATA
# title: A Service without a selector has endpoints of its own making
# description: |
#   Without a selector Kubernetes makes no endpoints; somebody writes EndpointSlices by hand or by
#   controller. Those rarely say which node an address is on, and an address without a node is never
#   local: with internalTrafficPolicy Local every call would be dropped.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH103
#   severity: error
#   kinds: [Service]
#   message: >-
#     {object} has no selector: hand-written endpoints rarely name a node, so none would count as
#     local and calls would fail.
#   remedy: >-
#     Give the Service a spec.selector that takes the DaemonSet's pods, or take the inshore.dev
#     annotations off.
#   since: v0.1.0
package inshore.rules.service.no_selector

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains {"field": "spec.selector"} if {
	intent.opted_in
	routing.no_selector
}
