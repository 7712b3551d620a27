// Package mutate decides what opting in writes into a Service or a DaemonSet,
// and what opting out takes back. It is pure: projections in, RFC 6902 out.
//
// Every field goes the same way, whether a team opts in, changes its mind or
// opts out:
//
//	own     what the field would hold without us: its value, unless the record
//	        in inshore.dev/previous says that we put that value there
//	target  what the annotations ask for, or own if they ask for nothing
//	record  every field where target differs from own, own → target
//	patch   every field where target differs from what was sent
//
// So there is no separate code for undo, a value that somebody changed since is
// theirs by construction, and a second pass over the result finds nothing to do.
//
// # Two records
//
// A client that replaces an object (PUT) drops our record, and a client that
// applies an export brings an old one. Both the record that was sent and the
// one in the stored object are therefore consulted, in that order, each undoing
// what the one before it left. After that no record can match own any more,
// which is what makes reinvocation (reinvocationPolicy: IfNeeded) a fixpoint
// even on the update that drops the record.
//
// # What is left alone
//
// An object for which node-local traffic cannot work (headless, ExternalName,
// no selector; hostPort, hostNetwork, OnDelete) is treated as if nobody had
// opted it in, and [Result].Refused says why. That also takes back what was
// written before it became so: a surge pod cannot be scheduled beside a pod
// that holds its hostPort.
//
// Only [v1alpha1.AnnotationNodeLocal] opts in. The other annotations say how
// and do nothing alone, which a warning says.
package mutate
