# METADATA
# title: How a DaemonSet replaces its pods
# description: The functions take a DaemonSet, judged or related.
# schemas:
#   - input: schema.document
package inshore.lib.rollout

on_delete(daemonset) if daemonset.spec.updateStrategy.type == "OnDelete"

# The API server's defaults (apps/v1): one pod unavailable, none in surplus.
max_unavailable(daemonset) := object.get(
	daemonset,
	["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"],
	1,
)

max_surge(daemonset) := object.get(
	daemonset,
	["spec", "updateStrategy", "rollingUpdate", "maxSurge"],
	0,
)

# The new pod starts before the old one goes.
surges(daemonset) if {
	not on_delete(daemonset)
	not zero(max_surge(daemonset))
}

zero(0)

zero(percentage) if {
	is_string(percentage)
	regex.match(`^0+%$`, percentage)
}
