// Package registration says what the API server is to send to Inshore: the
// meaning of the two objects that administrators apply, [MutateName] and
// [ValidateName].
//
// The objects themselves are manifests, written by hand, so that an
// administrator can read and patch them. [CheckMutating] and [CheckValidating]
// hold them to that meaning: a rule that is wider than Services and DaemonSets
// is an error, because every further kind is another part of the cluster that
// stops when we do.
package registration
