# METADATA
# title: What the object asks for
# schemas:
#   - input: schema.document
package inshore.lib.intent

opted_in if input.intent.nodeLocal in {"required", "preferred"}

required if input.intent.nodeLocal == "required"
