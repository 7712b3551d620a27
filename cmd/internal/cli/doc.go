// Package cli is the command tree of inshore: flags, exit codes, and where the
// output goes. The work is done in cmd/internal/review.
package cli
