package replay

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/output"
)

// Report is what a replay found. Its JSON is a contract with the programs that
// read it.
type Report struct {
	Version string  `json:"version"`
	Summary Summary `json:"summary"`
	// From are the revisions that the logged decisions were made by, To the
	// one that they were made again by.
	From []string `json:"from"`
	To   string   `json:"to"`
	// Changes are the gravest first, then by object.
	Changes []*Change `json:"changes"`
	// Problems are the lines that could not be read.
	Problems []string `json:"problems"`

	from map[string]bool
}

// Summary counts decisions.
type Summary struct {
	Decisions int `json:"decisions"`
	Refused   int `json:"refused"`
	Allowed   int `json:"allowed"`
	Different int `json:"different"`
	// Irreproducible are those of the changed decisions that were made by the
	// very same rules: a rule had failed, for example for want of time.
	Irreproducible int `json:"irreproducible"`
}

func (s *Summary) count(outcome Outcome) {
	switch outcome {
	case OutcomeRefused:
		s.Refused++
	case OutcomeAllowed:
		s.Allowed++
	case OutcomeDifferent:
		s.Different++
	}
}

// Changed is how many decisions would be different.
func (s Summary) Changed() int { return s.Refused + s.Allowed + s.Different }

func newReport(revision string) *Report {
	return &Report{Version: "v1", To: revision, Changes: []*Change{}, Problems: []string{}, from: map[string]bool{}}
}

// finish puts everything in an order that does not depend on the workers'.
func (r *Report) finish(changes map[string]*Change) {
	r.From = slices.Sorted(maps.Keys(r.from))
	r.Changes = slices.AppendSeq(r.Changes, maps.Values(changes))
	slices.SortFunc(r.Changes, func(a, b *Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(outcomes, a.Outcome), slices.Index(outcomes, b.Outcome)),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.key(), b.key()),
		)
	})
	slices.Sort(r.Problems)
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	return output.JSON(w, r)
}

// headings say what each outcome means.
var headings = map[Outcome]string{
	OutcomeRefused:   "was allowed, would be refused",
	OutcomeAllowed:   "was refused, would be allowed",
	OutcomeDifferent: "would end as it did, with other findings",
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, problem := range r.Problems {
		fmt.Fprintf(out, "cannot be read: %s\n", output.Printable(problem))
	}
	var last Outcome
	for _, change := range r.Changes {
		if change.Outcome != last {
			fmt.Fprintf(out, "%s\n", headings[change.Outcome])
			last = change.Outcome
		}
		change.writeText(out)
	}
	fmt.Fprintf(out, "%s by other rules (%s instead of %s): %d would be refused, %d allowed, %d different, %d the same.\n",
		output.Count(r.Summary.Decisions, "decision"), r.To, strings.Join(r.From, ", "),
		r.Summary.Refused, r.Summary.Allowed, r.Summary.Different, r.Summary.Decisions-r.Summary.Changed())
	if n := r.Summary.Irreproducible; n > 0 {
		fmt.Fprintf(out, "%s made by these very rules came out differently: a rule had failed then, or fails now.\n", output.Count(n, "decision"))
	}
	// A Writer of bufio keeps its first error for Flush.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (c *Change) writeText(out *bufio.Writer) {
	fmt.Fprintf(out, "  %s %s/%s, %s, %s, last %s\n", c.Kind, c.Namespace, c.Name, c.Operation,
		output.Count(c.Decisions, "time"), c.Last.UTC().Format("2006-01-02 15:04:05Z"))
	for _, result := range c.Added {
		fmt.Fprintf(out, "    + %s %s%s: %s\n", result.Severity, result.ID, at(result.Field), output.Printable(result.Message))
		if result.Remedy != "" {
			fmt.Fprintf(out, "      %s\n", output.Printable(result.Remedy))
		}
	}
	for _, finding := range c.Removed {
		fmt.Fprintf(out, "    - %s %s%s\n", finding.Severity, finding.ID, at(finding.Field))
	}
}

func at(field string) string {
	if field == "" {
		return ""
	}
	return " at " + output.Printable(field)
}
