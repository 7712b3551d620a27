package corpus

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Changes are the leaves in which two objects differ, given as JSON values, in
// the order of their pointers. Lists are compared by index.
func Changes(object string, before, after any) []Mutation {
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	leaves("", before, was)
	leaves("", after, is)
	pointers := slices.Sorted(maps.Keys(is))
	for pointer := range was {
		if _, still := is[pointer]; !still {
			pointers = append(pointers, pointer)
		}
	}
	slices.Sort(pointers)
	var changes []Mutation
	for _, pointer := range pointers {
		if string(was[pointer]) != string(is[pointer]) {
			changes = append(changes, Mutation{object, pointer, is[pointer]})
		}
	}
	return changes
}

// At is the leaf at a pointer; nil if there is none.
func At(object any, pointer string) json.RawMessage {
	all := map[string]json.RawMessage{}
	leaves("", object, all)
	return all[pointer]
}

// leaves collects the scalars of a JSON value, and its empty lists and maps.
func leaves(pointer string, value any, into map[string]json.RawMessage) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			leaves(pointer+"/"+escape.Replace(key), member, into)
		}
		if len(v) > 0 {
			return
		}
	case []any:
		for i, element := range v {
			leaves(fmt.Sprintf("%s/%d", pointer, i), element, into)
		}
		if len(v) > 0 {
			return
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic("corpus: a value that is not JSON: " + err.Error())
	}
	into[pointer] = text
}

var escape = strings.NewReplacer("~", "~0", "/", "~1")
