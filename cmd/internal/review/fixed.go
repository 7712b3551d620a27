package review

import (
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/cmd/internal/rewrite"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// FixedFile is a file with the fields written into it that mutation would write.
//
// Only fields of the spec are written. What the webhook keeps for itself, its
// record of what it replaced and the label that node agents watch by, is of the
// object in the cluster: a record in a file would claim to know what a cluster
// holds. Admission finds such an object as it wants it and records nothing, so
// a later opt-out leaves the fields to whoever wrote them.
type FixedFile struct {
	// File is the file as the review names it; Target is what it is written
	// to, another path if File is a symbolic link.
	File, Target string
	// Before and After are its bytes; the same if nothing could be fixed.
	Before, After []byte
	Edits         []rewrite.Edit
	Fixed         []FixedObject
	Unfixed       []UnfixedObject
}

// FixedObject is an object and the fields that are written into it.
type FixedObject struct {
	Ref
	Changes []mutate.Change
}

// UnfixedObject is an object that must be changed by hand.
type UnfixedObject struct {
	FixedObject
	// At is the line that the reason is about.
	At     int
	Reason string
}

// ByHand counts the objects that somebody must write fields into. Those that
// admission would refuse are not among them: the report is about these.
func (f *FixedFile) ByHand() int {
	count := 0
	for _, object := range f.Unfixed {
		if len(object.Changes) > 0 {
			count++
		}
	}
	return count
}

// String says what is written into the object.
func (o FixedObject) String() string {
	var fields []string
	for _, change := range o.Changes {
		fields = append(fields, change.Field)
	}
	return output.Printable(fmt.Sprintf("%s:%d: fixed: %s: %s", FileName(o.File), o.Line, o.Title(), strings.Join(fields, ", ")))
}

// String says why the object is left alone, and what to write into it.
func (o UnfixedObject) String() string {
	text := fmt.Sprintf("%s:%d: not fixed: %s: %s", FileName(o.File), o.At, o.Title(), o.Reason)
	var steps []string
	for _, change := range o.Changes {
		if change.To == nil {
			steps = append(steps, "no "+change.Field)
		} else {
			steps = append(steps, fmt.Sprintf("%s: %s", change.Field, change.To))
		}
	}
	if len(steps) > 0 {
		text += "; write by hand " + strings.Join(steps, ", ")
	}
	return output.Printable(text)
}
