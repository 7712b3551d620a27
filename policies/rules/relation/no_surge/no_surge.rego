# METADATA
# title: The DaemonSet behind a required Service does not surge
# description: |
#   Calls to a `required` Service never leave their node. If the DaemonSet behind it deletes the old pod
#   before the new one is ready, which is what Kubernetes does by default, every node has an outage in every
#   rollout.
#
#   A DaemonSet that is itself opted in is not mentioned here: what is wrong with it, its own findings say.
# schemas:
#   - input: schema.service
# custom:
#   id: ISH302
#   severity: warning
#   kinds: [Service]
#   message: >-
#     {object} requires a pod on the caller's node, but DaemonSet {daemonset} rolls out without a
#     surge: calls fail in the gap.
#   remedy: >-
#     Annotate that DaemonSet with inshore.dev/node-local: required, or set maxSurge 1 and
#     maxUnavailable 0 in its rolling update.
#   native: >-
#     It asks how the DaemonSets behind the Service roll out; a ValidatingAdmissionPolicy sees only
#     the object of the request.
#   since: v0.1.0
package inshore.rules.relation.no_surge

import data.inshore.lib.intent
import data.inshore.lib.rollout
import data.inshore.lib.routing

violation contains finding if {
	intent.required
	routing.routable
	some daemonset in input.related.daemonSets
	not _opted_in(daemonset)
	not rollout.surges(daemonset)
	finding := {
		"field": "spec.selector",
		"values": {"daemonset": daemonset.metadata.name},
	}
}

_opted_in(daemonset) if daemonset.metadata.annotations["inshore.dev/node-local"] in {"required", "preferred"}
