// Package rollout decides in which order, at which pace and how far a
// NodeLocalPolicy reaches the objects that exist already, and how it lets go of
// them. It is pure: what is known of the objects goes in, the next one to change
// comes out, or why none is. Webhook/audit asks it, and writes.
//
// # In which order
//
// Namespace by namespace: those of spec.rollout.first, then the others by name.
// Within one the DaemonSets come before the Services, so that a Service's calls
// stay on their node only once a pod is replaced there without a gap. A DaemonSet
// or a Service that the API server refuses to have changed is left for a while and
// does not hold up the others.
//
// # How far
//
// A DaemonSet that was changed counts as unready until every node has an
// available pod of its newest template. Nothing further is changed while
// maxUnreadyDaemonSets are unready: with 1, the default, pods of one DaemonSet at a
// time are replaced, and a namespace is left when its DaemonSets are back. One
// that makes no progress for [Patience] pauses the roll-out, and so do more
// unready ones than that, more violations than at its beginning, and
// spec.rollout.paused. It goes on by itself once the cause is gone.
//
// Undo is the way out of trouble, so neither violations nor DaemonSets that
// follow the policy stop it: it waits only for the DaemonSets that it has just
// changed, and for those no longer than [Patience].
//
// # What is kept
//
// Nothing: an object says itself, in an annotation, which policy it follows and
// what that said. Another replica goes on where one was killed.
package rollout
