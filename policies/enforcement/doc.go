// Package enforcement decides which NodeLocalPolicy holds for an object. It is
// pure: policies, an object and what is related to it in; a policy out.
//
// # Which objects
//
// A policy is about calls to per-node daemons, so it holds for
//
//   - a Service with a cluster IP and a selector, if pods of a DaemonSet answer it
//     and nothing else does;
//   - a DaemonSet that such a Service selects.
//
// A policy for everybody therefore leaves a web shop's Deployment and its Service
// alone, a headless Service, pods on the host's network, and a Service whose
// DaemonSet does not exist yet (the roll-out finds it when it does). An object
// that follows a policy goes on doing so while its counterpart is replaced: only
// when something else answers the Service does the policy let it go.
//
// # Guarded namespaces
//
// kube-system, kube-public, kube-node-lease and Inshore's own namespaces are chosen
// only by a namespaceSelector that names them, by kubernetes.io/metadata.name.
//
// # Precedence
//
// Of the policies that choose an object one holds, as a whole: the highest
// priority; of equals the one that enforces more; of equals the first by name.
// Age is no part of it: a policy that is restored from a backup or applied again
// would turn the order round, and a review of files knows no age. Of its words
// each yields to the object's own annotation.
package enforcement
