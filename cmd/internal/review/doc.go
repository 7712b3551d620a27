// Package review gives manifests the verdict that admission would give them,
// without a cluster: it reads files, relates the objects in them to each other,
// applies the mutations, and evaluates the rules.
//
// [Run] does the work and returns an [Outcome]. What is made of it is a file
// each: a [Report] for machines (report.go), text for people (text.go), an
// explanation of single objects (explain.go). A new format is a new file beside
// them; none of them decides anything.
package review
