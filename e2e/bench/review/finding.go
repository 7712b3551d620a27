package review

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// findings are sorted, one line each: rule, severity, object and field.
type findings []string

// readReview reads the report of `inshore review --format json`.
func readReview(file string) (findings, error) {
	var report struct {
		Results []struct{ ID, Severity, Kind, Namespace, Name, Field string }
		// Mutations are what conftest cannot make.
		Mutations []struct{ Kind, Name string }
	}
	if err := readJSON(file, &report); err != nil {
		return nil, err
	}
	if len(report.Mutations) > 0 {
		return nil, fmt.Errorf("admission would still change %d objects, the first %s %s: the corpus must hold all that it fills in",
			len(report.Mutations), report.Mutations[0].Kind, report.Mutations[0].Name)
	}
	var found findings
	for _, r := range report.Results {
		found = append(found, fmt.Sprintf("%s %s %s %s/%s %s", r.ID, r.Severity, r.Kind, r.Namespace, r.Name, r.Field))
	}
	slices.Sort(found)
	return found, nil
}

// readConftest reads the report of `conftest test --output json`.
func readConftest(file string) (findings, error) {
	type message struct{ Msg string }
	var report []struct{ Failures, Warnings []message }
	if err := readJSON(file, &report); err != nil {
		return nil, err
	}
	var found findings
	for _, entry := range report {
		for _, m := range append(entry.Failures, entry.Warnings...) {
			found = append(found, m.Msg)
		}
	}
	slices.Sort(found)
	return found, nil
}

func readJSON(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read a report: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read a report (%.200q): %w", data, err)
	}
	return nil
}

// same is an error that tells the first difference.
func (f findings) same(other findings) error {
	for i := range max(len(f), len(other)) {
		switch {
		case i >= len(f):
			return fmt.Errorf("review finds %d, conftest %d: only conftest finds %q", len(f), len(other), other[i])
		case i >= len(other):
			return fmt.Errorf("review finds %d, conftest %d: only review finds %q", len(f), len(other), f[i])
		case f[i] != other[i]:
			return fmt.Errorf("review finds %d, conftest %d: the first difference is %q and %q", len(f), len(other), f[i], other[i])
		}
	}
	return nil
}
