package review

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// fileGroup is what was found in one file.
type fileGroup struct {
	file     string
	results  []Result
	excepted []ExceptedResult
}

// byFile groups results and exceptions, both sorted by file, in that order.
func (r *Report) byFile() []fileGroup {
	var groups []fileGroup
	results, excepted := r.Results, r.Excepted
	for len(results) > 0 || len(excepted) > 0 {
		var group fileGroup
		switch {
		case len(results) == 0, len(excepted) > 0 && excepted[0].File < results[0].File:
			group.file = excepted[0].File
		default:
			group.file = results[0].File
		}
		group.results, results = splitFile(results, group.file, func(r Result) string { return r.File })
		group.excepted, excepted = splitFile(excepted, group.file, func(e ExceptedResult) string { return e.File })
		groups = append(groups, group)
	}
	return groups
}

// splitFile takes the entries of one file off the front.
func splitFile[T any](entries []T, file string, of func(T) string) (taken, rest []T) {
	end := slices.IndexFunc(entries, func(entry T) bool { return of(entry) != file })
	if end < 0 {
		end = len(entries)
	}
	return entries[:end], entries[end:]
}

// place is where a result stands, for people.
func (r Result) place() string {
	place := FileName(r.File) + ":" + strconv.Itoa(r.Line)
	if r.Source != "" {
		place += " (" + output.Printable(r.Source) + ")"
	}
	return place
}

// title is the object of a result, "" where it is about none.
func (r Result) title() string { return output.Printable(r.Ref().Title()) }

// until says who answers for an exception and how long.
func (e ExceptedResult) until() string {
	return "excepted until " + e.Exception.Expires.UTC().Format("2006-01-02") + " by " + output.Printable(e.Exception.Owner)
}

// why is the exception's reason and where it is written.
func (e ExceptedResult) why() string {
	return output.Printable(e.Exception.Reason) + " (NodeLocalPolicy " + output.Printable(e.Policy) + ")"
}

// severityFirst is for formats that are cut off: what fails comes first.
func severityFirst(results []Result) []Result {
	sorted := slices.Clone(results)
	slices.SortStableFunc(sorted, func(a, b Result) int { return cmp.Compare(rank(a), rank(b)) })
	return sorted
}

func rank(r Result) int {
	if r.Severity == policies.SeverityError {
		return 0
	}
	return 1
}

// oneLine is text without line breaks, which some formats end a record with.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// cleanObjects are the judged objects without any finding, by file.
func (r *Report) cleanObjects() map[string][]Ref {
	type object struct {
		file string
		line int
	}
	found := map[object]bool{}
	for _, result := range r.Results {
		found[object{result.File, result.ObjectLine}] = true
	}
	for _, excepted := range r.Excepted {
		found[object{excepted.File, excepted.ObjectLine}] = true
	}
	clean := map[string][]Ref{}
	for _, ref := range r.judged {
		if !found[object{ref.File, ref.Line}] {
			clean[ref.File] = append(clean[ref.File], ref)
		}
	}
	return clean
}

// sortedFiles are the keys of both.
func sortedFiles(groups map[string]fileGroup, clean map[string][]Ref) []string {
	files := slices.AppendSeq(slices.Collect(maps.Keys(groups)), maps.Keys(clean))
	slices.Sort(files)
	return slices.Compact(files)
}
