// Package layout holds the source tree to its rules: which part may import
// which, how long a file may be, what a package must say about itself. It has
// tests only.
//
// The checks are functions of an fs.FS, so that each of them is shown to report
// a made-up tree that breaks its rule. They parse the files rather than ask
// `go list`: that would leave out what is behind another build tag and the
// modules nested in e2e.
package layout
