# METADATA
# title: Whether a Service routes at all
# description: >-
#   Mutation leaves a Service alone that node-local routing cannot apply to, and exactly one rule
#   says why: the first of these that holds.
# schemas:
#   - input: schema.service
package inshore.lib.routing

external_name if input.object.spec.type == "ExternalName"

headless if {
	not external_name
	input.object.spec.clusterIP == "None"
}

no_selector if {
	not external_name
	not headless
	count(object.get(input.object.spec, "selector", {})) == 0
}

routable if {
	not external_name
	not headless
	not no_selector
}
