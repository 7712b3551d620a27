package native

import (
	"regexp"
	"slices"
)

var reference = regexp.MustCompile(`\bvariables\.(\w+)`)

// used are the variables that the expressions read, directly or through each
// other, in their order. An API server compiles what it is given, used or not.
func used(all []variable, expressions ...string) []variable {
	wanted := map[string]bool{}
	want := func(expression string) {
		for _, match := range reference.FindAllStringSubmatch(expression, -1) {
			wanted[match[1]] = true
		}
	}
	for _, expression := range expressions {
		want(expression)
	}
	var found []variable
	// A variable reads only those before it.
	for _, v := range slices.Backward(all) {
		if wanted[v.Name] {
			want(v.Expression)
			found = append(found, v)
		}
	}
	slices.Reverse(found)
	return found
}
