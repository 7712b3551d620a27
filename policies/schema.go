package policies

import (
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/internal/projection"
)

var (
	documentType  = reflect.TypeFor[input.Document]()
	serviceType   = reflect.TypeFor[*input.Service]()
	daemonSetType = reflect.TypeFor[*input.DaemonSet]()
)

// Schemas are the JSON schemas of `input`, by the name under which a rule's
// METADATA asks for one: `schemas: [{input: schema.service}]` for rules about
// Services, schema.daemonset for rules about DaemonSets, schema.document for
// what is common to both.
func Schemas() map[string]any {
	return map[string]any{
		"service":   projection.Schema(documentType, serviceType),
		"daemonset": projection.Schema(documentType, daemonSetType),
		"document":  projection.Schema(documentType, serviceType, daemonSetType),
	}
}

// schemaSet is what the compiler holds the rules against. The document's schema
// stands at the root too: a module that asks for none is held against it.
func schemaSet() *ast.SchemaSet {
	set := ast.NewSchemaSet()
	for name, schema := range Schemas() {
		set.Put(ast.SchemaRootRef.Append(ast.StringTerm(name)), schema)
		if name == "document" {
			set.Put(ast.SchemaRootRef, schema)
		}
	}
	return set
}
