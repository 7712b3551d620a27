# METADATA
# title: An ExternalName Service has no pods
# description: |
#   An ExternalName Service is an alias in DNS: the cluster routes nothing, so there is no pod of the
#   client's node to prefer. The annotation would have no effect at all.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH102
#   severity: error
#   kinds: [Service]
#   message: >-
#     {object} is a DNS alias for {externalName} and has no pods: every call leaves the node.
#   remedy: >-
#     Annotate the Service that selects the daemon's pods, and take the inshore.dev annotations off
#     this one.
#   since: v0.1.0
package inshore.rules.service.external_name

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.opted_in
	routing.external_name
	finding := {
		"field": "spec.type",
		"values": {"externalName": object.get(input.object.spec, "externalName", "another name")},
	}
}
