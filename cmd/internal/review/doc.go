// Package review gives manifests the verdict that admission would give them,
// without a cluster: it reads files, relates the objects in them to each other,
// applies the mutations, and evaluates the rules.
//
// [Run] does the work and returns an [Outcome]. What is made of it is a file
// each: a [Report] (report.go), which is written in any of the [Formats] (one
// file each: text.go, json.go, sarif.go, junit.go, github.go, markdown.go), and
// an explanation of single objects (explain.go). A new format is a new file
// beside them; none of them decides anything.
//
// Three things take findings out of a report, and each is counted in it: an
// exception in a NodeLocalPolicy ([ReadPolicies]), a [Baseline], and the
// [History] of the tree. None of them hides what cannot be read.
//
// [Outcome.Fix] writes into the files what the mutations would write into the
// objects (fix.go); package rewrite places it.
package review
