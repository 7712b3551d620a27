// Package native writes Inshore's mutations and rules as objects that an API
// server acts on by itself: MutatingAdmissionPolicy (KEP-3962, v1 in Kubernetes
// 1.36) and ValidatingAdmissionPolicy (KEP-3488, v1 in 1.30). It is for clusters
// that want no webhook.
//
// Three things are put together:
//
//   - variables/: what the rules and mutations share, in CEL
//   - mutations/: webhook/mutate in CEL, one list of JSON patches a kind
//   - native.cel.yaml beside each rule of package policies: its findings, as a
//     list of maps from the placeholders of its message to their texts
//
// Severity, message and remedy come from the rule's METADATA, so a verdict has
// the same id, field and message as the webhook's.
//
// # One denial for all errors
//
// An API server reports the first failed validation only. All errors of a kind
// are therefore one validation, whose message lists every finding. Warnings are
// all reported, so each rule that warns is a validation of its own, in a second
// policy whose binding warns.
//
// # What it cannot do
//
// CEL sees the object of the request and reads no JSON. What follows from that
// is in [Policies].Limits, which `inshore native` prints and docs/native.md
// explains.
package native
