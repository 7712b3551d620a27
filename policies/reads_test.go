package policies_test

import (
	"io/fs"
	"testing"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// An update's old object is left out for the built-in rules, which must make no
// difference to a rule that reads it.
func TestARuleThatReadsTheOldObjectGetsIt(t *testing.T) {
	document := readDocument(t, "testdata/service.yaml")
	document.OldObject, document.Operation = document.Object, input.OperationUpdate
	for how, reads := range map[string]string{
		"by its name":         `input.oldObject.metadata.name`,
		"by a computed name":  `x := concat("", ["old", "Object"]); input[x].metadata`,
		"among all members":   `some name, _ in input; name == "oldObject"`,
		"by way of the input": `object.get(input, ["oldObject", "metadata", "name"], "") != ""`,
	} {
		t.Run(how, func(t *testing.T) {
			engine := newEngine(t, policies.Config{Bundles: []fs.FS{
				faulty(`violation contains {"field": "x", "values": {"how": "very"}} if { ` + reads + ` }`),
			}})
			found, _ := partition(engine.Evaluate(t.Context(), document).Results, "ACME901")
			if len(found) != 1 {
				t.Errorf("the rule found %v", found)
			}
			if document.OldObject == nil {
				t.Error("the document was changed")
			}
		})
	}
}
