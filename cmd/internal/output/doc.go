// Package output is what the commands have in common in how they write: JSON for
// programs, and words for people that cannot drive their terminal.
package output
