# METADATA
# title: A node-local Service names the team that answers for it
# description: |
#   A daemon that every node's programs call is everybody's dependency. Whoever is paged when it
#   fails must find its owner without asking around.
# schemas:
#   - input: schema.service
# custom:
#   id: ACME001
#   severity: error
#   kinds: [Service]
#   message: "{object}: the label {label} is missing, so nobody knows whom to call when it fails."
#   remedy: Add the label {label} with the name of your team as the directory has it.
package acme.team_label

import data.inshore.lib.intent

_label := "acme.example/team"

violation contains finding if {
	intent.opted_in
	labels := object.get(input.object.metadata, "labels", {})
	not labels[_label]
	finding := {"field": "metadata.labels", "values": {"label": _label}}
}
