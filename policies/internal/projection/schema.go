package projection

import (
	"fmt"
	"reflect"
)

// Schema is the JSON schema of a type. implementations are the types that its
// interface fields may hold, and no others are allowed there: one makes that
// type, several make anyOf.
func Schema(t reflect.Type, implementations ...reflect.Type) map[string]any {
	switch {
	case t == intOrString:
		return anyOf(ofType("integer"), ofType("string"))
	case t == anything:
		return map[string]any{}
	case t.Kind() == reflect.Pointer:
		return Schema(t.Elem(), implementations...)
	case t.Kind() == reflect.Struct:
		properties := map[string]any{}
		for _, f := range fieldsOf(t) {
			properties[f.name] = Schema(f.typ, implementations...)
		}
		schema := ofType("object")
		schema["additionalProperties"] = false
		schema["properties"] = properties
		return schema
	case t.Kind() == reflect.Interface:
		var alternatives []any
		for _, implementation := range implementations {
			alternatives = append(alternatives, Schema(implementation))
		}
		return anyOf(alternatives...)
	case t.Kind() == reflect.Slice:
		schema := ofType("array")
		schema["items"] = Schema(t.Elem(), implementations...)
		return schema
	case t.Kind() == reflect.Map:
		schema := ofType("object")
		schema["additionalProperties"] = Schema(t.Elem(), implementations...)
		return schema
	case t.Kind() == reflect.String:
		return ofType("string")
	case t.Kind() == reflect.Bool:
		return ofType("boolean")
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int32, t.Kind() == reflect.Int64:
		return ofType("integer")
	}
	panic(fmt.Sprintf("projection: no schema for type %s", t))
}

func ofType(name string) map[string]any { return map[string]any{"type": name} }

func anyOf(schemas ...any) map[string]any {
	if len(schemas) == 1 {
		schema, _ := schemas[0].(map[string]any)
		return schema
	}
	return map[string]any{"anyOf": schemas}
}
