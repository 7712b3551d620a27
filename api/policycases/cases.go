package policycases

import (
	_ "embed"
	"fmt"
	"strings"
)

// Case is one policy.
type Case struct {
	// Name is a sentence.
	Name string
	// Policy is the YAML of a NodeLocalPolicy of the name "case".
	Policy string
	// Field is the path of what is wrong, such as spec.enforcement, and Message a
	// part of what the API server says of it. Both are empty if nothing is.
	Field, Message string
}

//go:embed cases.yaml
var text string

const head = "apiVersion: inshore.dev/v1alpha1\nkind: NodeLocalPolicy\nmetadata: {name: case}\nspec:\n"

// All are the cases. In their file each is a document, the spec of a policy,
// that begins with its name in a comment; a second comment names the field and
// the message if it is to be refused.
func All() ([]Case, error) {
	var cases []Case
	for _, document := range strings.Split(text, "\n---\n") {
		lines := strings.Split(strings.TrimSpace(document), "\n")
		name, isName := strings.CutPrefix(lines[0], "# ")
		if !isName || len(lines) < 2 {
			return nil, fmt.Errorf("reading cases.yaml: a case begins with %q, want its name in a comment, and a spec", lines[0])
		}
		c, rest := Case{Name: name}, lines[1:]
		if refused, is := strings.CutPrefix(rest[0], "# refused: "); is {
			field, message, found := strings.Cut(refused, ": ")
			if !found || field == "" || message == "" {
				return nil, fmt.Errorf("reading cases.yaml: %s: %q does not name a field and a message", name, refused)
			}
			c.Field, c.Message, rest = field, message, rest[1:]
		}
		c.Policy = head + "  " + strings.Join(rest, "\n  ") + "\n"
		cases = append(cases, c)
	}
	return cases, nil
}
