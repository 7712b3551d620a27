package server

import (
	"slices"
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
	warnings := boundWarnings(warn(results))
	for _, warning := range warnings {
		total += len(warning)
		if len(warning) > maxWarning || !utf8.ValidString(warning) || strings.Contains(warning, "\n") {
			t.Errorf("%d bytes: %q", len(warning), warning)
		}
	}
	if total > maxWarnings {
		t.Errorf("%d bytes in all, want at most %d", total, maxWarnings)
	}
	if last := warnings[len(warnings)-1]; !strings.Contains(last, "more warnings") {
		t.Errorf("the last of %d is %q", len(warnings), last)
	}
}

func TestFewShortWarningsAreUntouched(t *testing.T) {
	got := boundWarnings([]string{"one", "two"})
	if strings.Join(got, ",") != "one,two" {
		t.Errorf("got %q", got)
	}
}

func TestRemedyThatDoesNotFitBesideItsFindingFollowsIt(t *testing.T) {
	got := warn([]policies.Result{
		{ID: "ISH207", Field: "spec.minReadySeconds", Message: strings.Repeat("m", 200) + ".", Remedy: strings.Repeat("r", 200)},
		{ID: "ISH206", Message: "short.", Remedy: "also short"},
	})
	want := []string{
		"ISH207 spec.minReadySeconds: " + strings.Repeat("m", 200) + ".",
		"ISH207: " + strings.Repeat("r", 200),
		"ISH206: short. also short",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
