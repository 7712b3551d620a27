# METADATA
# title: An annotation of ours on the pod template
# description: |
#   The pod template's metadata goes to the pods, and nothing reads inshore.dev annotations there: they are
#   about how pods are rolled out and routed to, which the DaemonSet and the Service decide. Whoever
#   wrote it waits in vain. It is an easy mistake, as many tools (Prometheus, service meshes, Vault) do read theirs
#   from the pods, and charts have a value for those (podAnnotations) right beside the other.
#
#   Admission is asked about a DaemonSet only if its own metadata has an annotation of ours, so one that stands on the
#   template alone is found in review and not in the cluster.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH211
#   severity: warning
#   kinds: [DaemonSet]
#   message: >-
#     {object}: {annotation} is on the pod template, where nothing reads it: it belongs into the
#     DaemonSet's own metadata.
#   remedy: >-
#     Move it from spec.template.metadata.annotations to metadata.annotations. In a chart that is
#     often the value annotations, or daemonSetAnnotations, in place of podAnnotations.
#   since: v0.1.0
package inshore.rules.daemonset.template_annotation

violation contains finding if {
	some annotation, _ in input.object.spec.template.metadata.annotations
	startswith(annotation, "inshore.dev/")
	finding := {
		"field": sprintf("spec.template.metadata.annotations[%s]", [annotation]),
		"values": {"annotation": annotation},
	}
}
