# METADATA
# title: Two pods of the surge want one volume
# description: |
#   All pods of a DaemonSet that names a PersistentVolumeClaim share that one claim. During a surge there is one pod more
#   than usual, on a node that has a pod already. With access mode ReadWriteOncePod the scheduler never places it; with
#   ReadWriteOnce both pods mount the volume and write to it at the same time.
#
#   The DaemonSet does not show the claim's access mode, so this is a warning. A claim that is mounted read-only and
#   ephemeral volumes, which are a claim for each pod, are not reported.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH210
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object}: all its pods share claim {claim}. If that is ReadWriteOncePod, the surge pod stays
#     Pending while the old pod has it.
#   remedy: >-
#     Give each pod a volume of its own (ephemeral.volumeClaimTemplate, emptyDir) or mount the claim
#     read-only. If it is ReadWriteMany and two writers on a node are harmless, leave it as it is.
#   since: v0.1.0
package inshore.rules.daemonset.exclusive_volume

import data.inshore.lib.intent

violation contains finding if {
	intent.opted_in
	some i, volume in input.object.spec.template.spec.volumes
	claim := volume.persistentVolumeClaim
	not claim.readOnly
	finding := {
		"field": sprintf("spec.template.spec.volumes[%d].persistentVolumeClaim", [i]),
		"values": {"claim": object.get(claim, "claimName", "without a name")},
	}
}
