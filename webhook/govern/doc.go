// Package govern decides about one object by everything that has a say in it: its
// own annotations, the rules, and the NodeLocalPolicy that holds for it. It is the
// one place where these come together; admission, audit, review and plan all ask
// it, so they cannot disagree.
//
//   - [Mutate] is what admission's mutating phase writes.
//   - [Validate] is the verdict of its validating phase.
//   - [Target] is where a stored object stands: what admission missed, and what the
//     roll-out of policies is to write.
//
// # When an object changes
//
// An object follows the policy whose words it carries in its annotation
// inshore.dev/enforced-by, the record. A policy reaches what is created at once,
// and what exists only by the roll-out, at its pace. Admission therefore leaves
// the record of a stored object as it is, whoever applies the object and whatever
// has become of the policy, but for three writes:
//
//   - the roll-out's own: the record sent is the one that the policy would write
//     today, or none where no policy holds any more;
//   - the owner opts out, where the record allows it;
//   - the owner changes what a Service selects so that no policy is about it any
//     more.
//
// A record that anybody else sends is taken out again.
//
// # What is refused
//
// An object is not brought under a policy if the rules would find an error in the
// result. One that is created under a policy that is enforced is refused then; one
// that exists is left alone, and an update of it is refused only if it changes
// something that rules read.
package govern
