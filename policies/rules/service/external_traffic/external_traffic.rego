# METADATA
# title: external-traffic on a Service that takes none
# description: |
#   externalTrafficPolicy exists on Services of type NodePort and LoadBalancer only; the API server
#   refuses it on any other. The annotation stands on a ClusterIP Service, so it would be dropped
#   silently and whoever wrote it would wait in vain for the client's source address or for the saved
#   hop.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH104
#   severity: error
#   kinds: [Service]
#   message: >-
#     {object} is of type {type}, which takes no traffic from outside the cluster: external-traffic
#     has nothing to apply to.
#   remedy: >-
#     Make the Service NodePort or LoadBalancer, or remove inshore.dev/external-traffic. Traffic
#     from inside the cluster is inshore.dev/node-local's business.
#   since: v0.1.0
package inshore.rules.service.external_traffic

import data.inshore.lib.intent
import data.inshore.lib.routing

violation contains finding if {
	intent.opted_in
	input.intent.externalTraffic == "local"

	# These do not route at all, which ISH101 and ISH102 say.
	not routing.headless
	not routing.external_name
	type := object.get(input.object.spec, "type", "ClusterIP")
	not type in {"NodePort", "LoadBalancer"}
	finding := {
		"field": "metadata.annotations[inshore.dev/external-traffic]",
		"values": {"type": type},
	}
}
