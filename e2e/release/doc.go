// Package release tests how releases are made: that two builds of one source are
// the same, that the bills of materials list what is in the programs, and that
// known vulnerabilities are looked for or loudly not. It has tests only.
//
// It is among the slow tests because it links every program twice.
package release
