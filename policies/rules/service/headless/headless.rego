# METADATA
# title: A headless Service has no address to route
# description: |
#   With clusterIP None the Service has no virtual address. DNS answers with the addresses of all
#   pods and clients connect to one of them directly, so no traffic policy is ever consulted: calls
#   go to whichever node DNS happens to name first.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH101
#   severity: error
#   kinds: [Service]
#   message: >-
#     {object} is headless: clients get the pods' addresses from DNS and connect to any node's pod.
#   remedy: >-
#     Recreate the Service without clusterIP None (the field cannot be changed in place), or keep it
#     for discovery and annotate a second Service with the same selector instead.
#   since: v0.1.0
package inshore.rules.service.headless

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains {"field": "spec.clusterIP"} if {
	intent.opted_in
	routing.headless
}
