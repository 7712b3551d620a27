// Package scenarios tells, as tests on a real three-node cluster, what the
// people who use Inshore do with it: a team opts in and out, something that
// would break traffic is refused, a GitOps loop applies the same file for ever,
// certificates rotate and the webhook itself is rolled while all that goes on.
//
// Each installation (cert-manager, embedded certificates) is installed from
// manifests/ onto a cluster of its own, and the same stories are told on it.
package scenarios
