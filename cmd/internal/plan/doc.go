// Package plan says beforehand what NodeLocalPolicies would do to a cluster:
// `inshore plan`.
//
// A [Proposal] is what somebody thinks of doing to the policies of the cluster.
// [Make] decides about every object with the same function as the roll-out
// (webhook/govern.Target) and puts the changes into the order in which the
// roll-out makes them. Nothing is changed, and the webhook need not be installed.
package plan
