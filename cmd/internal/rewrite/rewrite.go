package rewrite

import (
	"fmt"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// Patch is what is to change in one object of a file.
type Patch struct {
	// Object is its place in what manifest.Parse gives for the file.
	Object int
	// Operations may be additions and replacements.
	Operations mutate.Patch
}

// Result is what can be done, and what cannot.
type Result struct {
	// Edits are in no particular order and do not overlap.
	Edits []Edit
	// Left are the objects that stay as they are, in the order of the patches.
	Left []Left
}

// Left is an object that is left alone.
type Left struct {
	Object int
	// Line is that of the file which the reason is about.
	Line   int
	Reason string
}

// File finds the edits that make of every object what its patch says. An object
// is changed as a whole or not at all.
func File(name string, data []byte, patches []Patch) Result {
	var result Result
	if len(patches) == 0 {
		return result
	}
	objects, problems := manifest.Parse(name, data)
	if len(problems) > 0 {
		for _, patch := range patches {
			result.leave(patch, problems[0].Line, "another document of the file cannot be read, and a file is only changed if all of it can")
		}
		return result
	}
	var planned []plan
	for _, patch := range patches {
		edits, obstacle := planObject(data, &objects[patch.Object], patch.Operations)
		if obstacle != nil {
			result.leave(patch, objects[patch.Object].Origin().Line(obstacle.node), obstacle.reason)
			continue
		}
		planned = append(planned, plan{patch, edits})
	}
	result.accept(newVerifier(name, data, objects), planned, objects)
	return result
}

// plan is the edits for one object.
type plan struct {
	patch Patch
	edits []Edit
}

// accept takes all plans if they lead where they should together, and else
// those that do, one after the other.
func (r *Result) accept(v *verifier, plans []plan, objects []manifest.Object) {
	if v.holds(plans) {
		for _, plan := range plans {
			r.Edits = append(r.Edits, plan.edits...)
		}
		return
	}
	var accepted []plan
	for _, candidate := range plans {
		tried := append(accepted[:len(accepted):len(accepted)], candidate)
		if !v.holds(tried) {
			r.leave(candidate.patch, objects[candidate.patch.Object].Line,
				"it is written in a way in which the field cannot be placed for certain")
			continue
		}
		accepted = tried
		r.Edits = append(r.Edits, candidate.edits...)
	}
}

func (r *Result) leave(patch Patch, line int, reason string) {
	r.Left = append(r.Left, Left{Object: patch.Object, Line: line, Reason: reason})
}

// obstacle is why an object is left alone.
type obstacle struct {
	node   *node
	reason string
}

func obstacleAt(at *node, format string, args ...any) *obstacle {
	return &obstacle{at, fmt.Sprintf(format, args...)}
}
