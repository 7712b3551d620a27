// Package parity sends one corpus (policies/corpus) through every front door of
// Inshore and compares what comes out: id, severity, object, field and message of
// every finding, and every field that mutation writes.
//
//   - admission: a real API server with the webhooks, asked by dry run
//   - review: the inshore binary on the manifests as files
//   - audit: its core on what the API server has stored, and `inshore audit` where a
//     rule's bad example is
//   - native: the same API server with the policies of `inshore native`
//
// One API server serves all at once. Who asks decides which of them is in force:
// each set of configurations has a matchCondition on a user's name, and tests
// impersonate. The user "raw" meets none of them, which is how objects get into
// the cluster as they were before Inshore, and how the API server's own defaults
// are told from mutations.
package parity
