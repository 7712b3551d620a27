// Package doctor looks at an installation of Inshore in a cluster and says what
// is wrong with it, and what to do.
//
// [Look] gathers facts, [Judge] turns them into a [Report]. All judgement is in
// the second, which is pure; what could not be seen (a right that is missing, a
// node that does not answer) is a fact like any other, and is reported as not
// known rather than as well.
//
// Nothing is changed in the cluster: the two canaries are dry runs. An agent's
// own check is run in its pod by exec, with the rights of whoever asks. An
// endpoint for it would have had to be open to more than the node it is on.
package doctor
