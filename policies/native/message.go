package native

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/policies"
)

var placeholder = regexp.MustCompile(`\{\w+\}`)

// texts is the CEL expression of a rule's findings as the webhook words them:
// id, field, message and remedy.
func texts(rule policies.Rule, findings string) string {
	sentence := strings.TrimSuffix(rule.Message, ".") + ". " + rule.Remedy
	return "(" + findings + ").map(f, " +
		quote(rule.ID+" ") + " + f['field'] + ': ' + " + fill(sentence) + ")"
}

// fill is a template as a CEL expression over a finding f.
func fill(template string) string {
	var terms []string
	literal := func(text string) {
		if text != "" {
			terms = append(terms, quote(text))
		}
	}
	last := 0
	for _, at := range placeholder.FindAllStringIndex(template, -1) {
		literal(template[last:at[0]])
		if name := template[at[0]+1 : at[1]-1]; name == "object" {
			terms = append(terms, "variables.subject")
		} else {
			terms = append(terms, "f["+quote(name)+"]")
		}
		last = at[1]
	}
	literal(template[last:])
	return strings.Join(terms, " + ")
}

// quote is a CEL string literal; CEL reads the escapes that Go writes.
func quote(text string) string { return strconv.Quote(text) }
