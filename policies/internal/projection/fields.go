package projection

import (
	"fmt"
	"reflect"
	"strings"
)

// field is one field of a struct as JSON has it.
type field struct {
	name      string
	index     []int
	omitEmpty bool
	typ       reflect.Type
}

// fieldsOf lists a struct's JSON fields, embedded structs flattened, in the
// order of declaration, without those tagged `rego:"-"`: what only Go reads costs
// every verdict if it is made a term. The types are ours: a field without a JSON
// tag is a mistake of ours, hence the panic.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
			continue
		}
		if f.Tag.Get("rego") == "-" {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			panic(fmt.Sprintf("projection: field %s of %s has no JSON name", f.Name, t))
		}
		fields = append(fields, field{
			name:      name,
			index:     f.Index,
			omitEmpty: strings.Contains(options, "omitempty"),
			typ:       f.Type,
		})
	}
	return fields
}
