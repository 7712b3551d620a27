// Package corpus holds manifests with the mutations and verdicts that they must
// get: at every front door the same. It is for tests.
//
// A case is a txtar file in cases/. Its comment is prose, then settings:
//
//	input: policies/rules/service/headless/bad.yaml  the manifests are in this file of the repository
//	kubernetes: 1.33                                 the cluster; without it 1.36
//	readiness-gate: agent                            the installation's default; without it none
//	not review: no file says what is stored          a door that the case does not go through, and why
//	refused: DaemonSet core/a                        the API server's own validation refuses this object
//
// and its files are
//
//	policies.yaml  the NodeLocalPolicies that are in force
//	input.yaml     the manifests, unless the setting input names them
//	stored.yaml    objects as they are stored before; those of input.yaml then are updates
//	mutations      per object the leaves that mutation changes, as JSON pointers with their new values
//	verdicts       per finding a line "severity id kind namespace/name field", and the message below it
//
// Mutations and verdicts are written by `go test ./webhook/validate -run Corpus
// -update`, and read by people before they are committed.
//
// The annotation inshore.dev/previous is not among the mutations: it tells what
// a field held before, which in a file is what stands there and at an API server
// its default too.
package corpus
