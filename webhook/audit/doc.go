// Package audit judges what is in the cluster already, says what it finds, and
// repairs what admission missed.
//
// Admission sees an object when somebody writes it. It does not see what was
// there before Inshore, what was written while nobody answered (mutation is
// failurePolicy Ignore), nor that a rule, an exception or the DaemonSet behind a
// Service has changed since. Audit does: every Service and DaemonSet with an
// annotation of ours is judged again, by [Inspect], which is what admission does
// with an object that is created: mutate, then judge what that gives.
//
// # From changes, not by the clock
//
// The mirror that admission keeps anyway tells which namespace changed; the
// namespace waits a second, so that a rollout's many writes are one pass, and ten
// times as long as its last pass took, so that audit never takes more than a
// tenth of a core. Rules, exceptions, days on which exceptions expire, nodes and
// the cluster's version concern every namespace.
//
// # What comes of it
//
//   - One report a namespace, in the format of OpenReports (openreports.io, to
//     which the Kubernetes policy working group's PolicyReport was handed over).
//     It is written only when it says something else than the one that is there:
//     the digest in its annotation tells, also to the next leader.
//   - Metrics, whether or not the cluster knows reports.
//   - Events on objects that now break rules that deny, of which a token bucket
//     passes few; on what was repaired.
//   - Repair: a JSON patch with what admission would have filled in, bound to the
//     version it was made from, at a bounded rate. What somebody undoes is
//     repaired less and less often.
//
// # One leader
//
// Every replica mirrors the cluster and answers reviews; one of them, the holder
// of a Lease, audits. Who loses the Lease stops auditing and goes on answering.
package audit
