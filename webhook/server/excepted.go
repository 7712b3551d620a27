package server

import (
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/policies"
)

// day is how people read when an exception ends.
const day = "2006-01-02"

// exceptedWarnings say, one line a rule, what somebody has excepted: who writes
// the object should know that it breaks a rule, and until when it may.
func exceptedWarnings(excepted []policies.Excepted) []string {
	var warnings []string
	seen := map[string]bool{}
	for _, e := range excepted {
		if seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		warnings = append(warnings, fmt.Sprintf("%s: excepted until %s by %s, see NodeLocalPolicy %s",
			place(e.Result), e.Exception.Expires.UTC().Format(day), e.Exception.Owner, e.Policy))
	}
	return warnings
}

// exceptedAnnotation is what the API server's audit log keeps of the exceptions
// that were used: rule, field, owner, end and policy of each.
func exceptedAnnotation(excepted []policies.Excepted) string {
	lines := make([]string, len(excepted))
	for i, e := range excepted {
		lines[i] = fmt.Sprintf("%s owner=%q expires=%s policy=%s",
			place(e.Result), e.Exception.Owner, e.Exception.Expires.UTC().Format(day), e.Policy)
	}
	return strings.Join(lines, "; ")
}
