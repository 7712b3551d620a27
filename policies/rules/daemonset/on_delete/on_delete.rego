# METADATA
# title: OnDelete never surges
# description: |
#   With updateStrategy OnDelete the controller replaces a pod only after somebody has deleted it. The old
#   pod is gone before the new one is even created, so every replacement is an outage of its node. Inshore
#   leaves such a DaemonSet as it is: OnDelete usually means that people or a tool of their own decide when
#   a node is touched.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH205
#   severity: error
#   kinds: [DaemonSet]
#   message: >-
#     {object}: OnDelete replaces a pod only after it was deleted, so its node has none until the
#     new one is ready.
#   remedy: >-
#     Set spec.updateStrategy.type to RollingUpdate; Inshore then writes maxSurge and
#     maxUnavailable. If something else must decide when pods are replaced, opt out with
#     inshore.dev/node-local: disabled.
#   since: v0.1.0
package inshore.rules.daemonset.on_delete

import data.inshore.lib.intent
import data.inshore.lib.rollout

violation contains {"field": "spec.updateStrategy.type"} if {
	intent.opted_in
	rollout.on_delete(input.object)
}
