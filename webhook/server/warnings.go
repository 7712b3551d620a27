package server

import (
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/excerpt"
)

const (
	// maxWarning is the length in bytes after which the API server may cut a
	// warning.
	maxWarning = 256
	// maxWarnings bounds all our warnings on one request. The API server
	// drops what goes beyond 4096 bytes from all webhooks together; half of it
	// leaves room for the others.
	maxWarnings = 2048
)

// warn are the results as lines for kubectl to print. One that is too long in
// one piece has its remedy in a second, rather than none.
func warn(results []policies.Result) []string {
	var warnings []string
	for _, result := range results {
		whole := located(result)
		if len(whole) <= maxWarning || result.Remedy == "" {
			warnings = append(warnings, whole)
			continue
		}
		warnings = append(warnings, place(result)+": "+finding(result), result.ID+": "+result.Remedy)
	}
	return warnings
}

// boundWarnings keeps warnings within what the API server passes on. The last
// one says how many were left out.
func boundWarnings(warnings []string) []string {
	total := 0
	for i := range warnings {
		warnings[i] = truncate(warnings[i], maxWarning)
		total += len(warnings[i])
		if total > maxWarnings-maxWarning {
			left := len(warnings) - i
			return append(warnings[:i:i], fmt.Sprintf("inshore: %d more warnings: see them all with inshore review", left))
		}
	}
	return warnings
}

// truncate cuts s to at most limit bytes. Line breaks become spaces: a warning
// is one line of an HTTP header.
func truncate(s string, limit int) string {
	return excerpt.Of(strings.ReplaceAll(s, "\n", " "), limit)
}
