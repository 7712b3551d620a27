# METADATA
# title: One good probe is enough to delete the old pod
# description: |
#   With minReadySeconds 0 a new pod is available at its first successful probe, and the old pod is deleted
#   in the same second. A version that starts, answers once and then crashes takes down one node after the
#   other at full speed, and kube-proxy has had no time to learn of the new pod. Some seconds of patience
#   turn the first into a rollout that stops at its first node.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH207
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object}: the old pod is deleted at the new one's first good probe, so a version that crashes
#     soon after goes through all nodes.
#   remedy: >-
#     Set spec.minReadySeconds to how long the daemon needs to prove itself; 10 is a good start.
#   since: v0.1.0
package inshore.rules.daemonset.no_min_ready

import data.inshore.lib.intent

violation contains {"field": "spec.minReadySeconds"} if {
	intent.opted_in
	object.get(input.object.spec, "minReadySeconds", 0) == 0
}
