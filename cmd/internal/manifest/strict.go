package manifest

import (
	"fmt"

	kjson "sigs.k8s.io/json"
)

// DecodeStrict is [Object.Decode] for objects in which a misspelt field must not
// pass: each unknown field is a Problem at its line.
func (o *Object) DecodeStrict(into any) []Problem {
	if problem := o.Decode(into); problem != nil {
		return []Problem{*problem}
	}
	var e encoder
	if fault := e.value("", o.node, 0); fault != nil {
		return []Problem{*o.problem(fault)}
	}
	// Decode had no error, so neither has this.
	unknown, _ := kjson.UnmarshalStrict(e.json, into)
	var problems []Problem
	positions := o.Positions()
	for _, err := range unknown {
		problem := Problem{File: o.File, Line: o.Line, Message: fmt.Sprintf("not a %s: %v", o.Kind, err), Remedy: "correct its name, or remove it"}
		if at, ok := err.(kjson.FieldError); ok {
			problem.Line = positions.Line(at.FieldPath())
		}
		problems = append(problems, problem)
	}
	return problems
}
