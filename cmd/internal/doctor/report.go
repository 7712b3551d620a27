package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// State is how one thing is.
type State string

// The states.
const (
	OK      State = "ok"
	Problem State = "problem"
	// Unknown is what could not be looked at.
	Unknown State = "unknown"
)

// Report is the verdict on an installation.
type Report struct {
	// Healthy is whether everything was seen and nothing is wrong.
	Healthy bool    `json:"healthy"`
	Groups  []Group `json:"groups"`
}

// Group is a part of the installation.
type Group struct {
	Name     string    `json:"name"`
	Findings []Finding `json:"findings"`
}

// Finding is one thing that was looked at.
type Finding struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Detail string `json:"detail"`
	// Remedy is what to do about it; empty if nothing needs doing.
	Remedy string `json:"remedy,omitempty"`
}

// Worst is the state that an exit code tells: Problem before Unknown before OK.
func (r *Report) Worst() State {
	worst := OK
	for _, group := range r.Groups {
		for _, finding := range group.Findings {
			switch {
			case finding.State == Problem:
				return Problem
			case finding.State == Unknown:
				worst = Unknown
			}
		}
	}
	return worst
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// marks are the states in two characters, as `inshore-agent check` writes them.
var marks = map[State]string{OK: "ok", Problem: "no", Unknown: "??"}

// WriteText writes the report for people, a finding a line and its remedy below.
func (r *Report) WriteText(w io.Writer) error {
	// A group's name has no columns, so each group has widths of its own.
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, group := range r.Groups {
		if i > 0 {
			fmt.Fprintln(table)
		}
		fmt.Fprintln(table, group.Name)
		for _, finding := range group.Findings {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", marks[finding.State], finding.Name, finding.Detail)
			if finding.Remedy != "" {
				fmt.Fprintf(table, "  \t\t→ %s\n", finding.Remedy)
			}
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	_, err := fmt.Fprintf(w, "\n%s\n", r.summary())
	return err
}

func (r *Report) summary() string {
	count := map[State]int{}
	for _, group := range r.Groups {
		for _, finding := range group.Findings {
			count[finding.State]++
		}
	}
	all := count[OK] + count[Problem] + count[Unknown]
	switch {
	case count[Problem] > 0 && count[Unknown] > 0:
		return fmt.Sprintf("%d of %d checks found a problem, %d could not be made.", count[Problem], all, count[Unknown])
	case count[Problem] > 0:
		return fmt.Sprintf("%d of %d checks found a problem.", count[Problem], all)
	case count[Unknown] > 0:
		return fmt.Sprintf("No problem found, but %d of %d checks could not be made.", count[Unknown], all)
	}
	return fmt.Sprintf("All %d checks are well.", count[OK])
}

// add appends a finding.
func (g *Group) add(name string, state State, remedy, format string, args ...any) {
	g.Findings = append(g.Findings, Finding{Name: name, State: state, Detail: fmt.Sprintf(format, args...), Remedy: remedy})
}

// unknown appends what could not be looked at.
func (g *Group) unknown(name string, err error) {
	g.add(name, Unknown, "", "could not be looked at: %v", err)
}
