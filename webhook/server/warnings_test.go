package server

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inshore-dev/inshore/policies"
)

func TestWarningsStayWithinWhatTheAPIServerPassesOn(t *testing.T) {
	var results []policies.Result
	for range 40 {
		results = append(results, policies.Result{
			ID: "ISH106", Severity: policies.SeverityWarning, Field: "spec",
			Message: strings.Repeat("straße\n", 40), Remedy: "Turn back.",
		})
	}
	total := 0
	warnings := boundWarnings(warn(nil, results))
	for _, warning := range warnings {
		total += len(warning)
		if len(warning) > maxWarning || !utf8.ValidString(warning) || strings.Contains(warning, "\n") {
			t.Errorf("%d bytes: %q", len(warning), warning)
		}
	}
	if total > maxWarnings {
		t.Errorf("%d bytes in all, want at most %d", total, maxWarnings)
	}
	if last := warnings[len(warnings)-1]; !strings.Contains(last, "33 more warnings") {
		t.Errorf("the last of %d is %q", len(warnings), last)
	}
}

func TestFewShortWarningsAreUntouched(t *testing.T) {
	got := boundWarnings([]string{"one", "two"})
	if strings.Join(got, ",") != "one,two" {
		t.Errorf("got %q", got)
	}
}
