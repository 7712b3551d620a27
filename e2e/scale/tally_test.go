package scale

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// tally counts what the webhook wrote so far.
type tally struct {
	// requests are by verb and resource; those that were refused too.
	requests map[string]int
	// reports are by namespace.
	reports map[string]int
}

func tallyOf(t *testing.T, log auditLog) tally {
	t.Helper()
	writes, err := log.writes()
	if err != nil {
		t.Fatal(err)
	}
	all := tally{requests: map[string]int{}, reports: map[string]int{}}
	for _, w := range writes {
		all.requests[w.verb+" "+w.resource]++
		if w.resource == "reports.openreports.io" {
			all.reports[w.namespace]++
		}
		if w.code >= 400 && w.code != 409 {
			t.Errorf("the API server refused: %s", w)
		}
	}
	return all
}

func (a tally) atMost(t *testing.T, request string, most int) {
	t.Helper()
	if a.requests[request] > most {
		t.Errorf("%s: %d times, want at most %d", request, a.requests[request], most)
	}
	delete(a.requests, request)
}

// nothingElse reports requests that are not expected at all.
func (a tally) nothingElse(t *testing.T, expected ...string) {
	t.Helper()
	for request, n := range a.requests {
		if !slices.Contains(expected, request) {
			t.Errorf("%s: %d times, want none", request, n)
		}
	}
}

func (a tally) String() string {
	text := ""
	for _, request := range slices.Sorted(maps.Keys(a.requests)) {
		text += fmt.Sprintf("%s %d, ", request, a.requests[request])
	}
	return text + fmt.Sprintf("reports of %d namespaces", len(a.reports))
}
