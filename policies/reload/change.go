package reload

import (
	"time"

	"github.com/inshore-dev/inshore/policies/bundle"
)

// Change is what became of one source. At most one of Bundle, Err and Removed
// is set; none means that it is as it was.
type Change struct {
	// Source names the source for ever, for example configmap/acme-rules.
	Source string
	Bundle *bundle.Bundle
	// Err says why the source could not be read. What it said last stays.
	Err error
	// Removed means that the source is there no more.
	Removed bool
}

// Result is what came of a change.
type Result string

// The results. Refused and Unreadable leave the source's last good rules in
// force.
const (
	Loaded     Result = "loaded"
	Unchanged  Result = "unchanged"
	Removed    Result = "removed"
	Refused    Result = "refused"
	Unreadable Result = "unreadable"
)

// Results are all results.
var Results = []Result{Loaded, Unchanged, Removed, Refused, Unreadable}

// Outcome is what came of a change, for those who tell people.
type Outcome struct {
	Source string
	Result Result
	// Revision is the engine's that is in force now.
	Revision string
	// Err says why, where the result is Refused or Unreadable.
	Err error
	// News reports that this differs from the source's last outcome: a source
	// that stays wrong is worth one event, not one a minute.
	News bool
}

// Status is how a source stands.
type Status struct {
	Source string
	// Revision is the digest of the source's bundle that is in force; empty if
	// it has none.
	Revision string
	// Err says why what the source says now is not in force; nil if it is.
	Err error
	// LastSuccess is when the source was last read and found good, or found to
	// be what it was.
	LastSuccess time.Time
}
