// Package registration says what the API server is to send to Inshore: the
// meaning of the two objects that administrators apply, [MutateName] and
// [ValidateName], and what NodeLocalPolicies add to them.
//
// # What administrators apply
//
// The objects themselves are manifests, written by hand, so that an
// administrator can read and patch them. Their four base entries are about objects
// that carry an annotation of ours. [CheckMutating] and [CheckValidating] hold them
// to that meaning: a rule that is wider than Services and DaemonSets is an error,
// because every further kind is another part of the cluster that stops when we do.
//
// # What policies add
//
// A policy that warns or is enforced is about objects without an annotation. For
// each distinct pair of its selectors, [DeriveMutating] and [DeriveValidating] make
// entries out of the base ones: the same address, trust, time limit and whatever
// else an administrator chose there; the policy's selectors besides the base
// entry's; conditions that leave out annotated objects, which are the base
// entry's, and Services that no policy can be about. Guarded namespaces are left
// out unless a policy names them. Mutation is asked about objects that are created:
// what exists already is the roll-out's to change. With more than [MaxSelections]
// distinct selectors one entry stands for all that are enforced, and one for all
// that warn.
//
// An object that several such entries choose is sent once for each. The answer is
// the same, by the policy that holds for it.
//
// # Who writes them
//
// Every replica runs a [Writer]; there is no leader to wait for. It patches only
// what differs in meaning, and never creates a configuration: an administrator
// who deletes one has switched us off.
package registration
