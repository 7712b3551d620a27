package mutate

import (
	"encoding/json"

	"github.com/inshore-dev/inshore/policies/input"
)

// Result is what mutation does to one object.
type Result struct {
	// Patch leads from the object as sent to the object as it should be; empty
	// if that is the same.
	Patch Patch
	// Changes are the same as people read it, one a field, in the order of the
	// patch.
	Changes []Change
	// Warnings are for whoever sent the object: consequences that the patch
	// does not show. kubectl prints them.
	Warnings []string
	// Refused says why an object that opted in is left alone; empty if it is
	// not. A rule reports the same with its remedy.
	Refused string
	// Object is the projection of the object with the patch applied. It shares
	// what did not change with the projection that was passed in.
	Object input.Object
}

// Change is one field that the patch sets.
type Change struct {
	// Field is the path as people write it: spec.updateStrategy.type.
	Field string
	// From and To are JSON values; nil stands for an absent field.
	From, To json.RawMessage
	// Why is one sentence.
	Why string
}
