// Package input holds the one document that every rule reads as `input`, and
// the projections of Kubernetes objects in it: the fields that mutation and the
// rules read, and no others.
//
// Decoding an object into a projection instead of the whole type is what keeps
// admission fast. The JSON schemas that `opa check` holds the rules against are
// derived from these types, so a rule that reads a field that is not projected
// does not compile.
package input
