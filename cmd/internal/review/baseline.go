package review

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// Baseline is what is known and shall not fail a review: findings that were
// there when a repository began to be reviewed. It is kept in the repository, so
// it is written for people to read in a diff.
type Baseline struct {
	Version  string  `json:"version"`
	Findings []Known `json:"findings"`
}

// Known is a finding of the baseline. The fingerprint decides; the rest is for
// people.
type Known struct {
	Fingerprint string `json:"fingerprint"`
	ID          string `json:"id"`
	File        string `json:"file"`
	Kind        string `json:"kind"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	Field       string `json:"field"`
}

// ReadBaseline reads a file that [Baseline.Write] wrote.
func ReadBaseline(file string) (*Baseline, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	baseline := new(Baseline)
	if err := json.Unmarshal(data, baseline); err != nil {
		return nil, fmt.Errorf("reading the baseline %s: %w; write it anew with --write-baseline", file, err)
	}
	if baseline.Version != ReportVersion {
		return nil, fmt.Errorf("reading the baseline %s: its version is %q, and this reads %q; write it anew with --write-baseline",
			file, baseline.Version, ReportVersion)
	}
	return baseline, nil
}

// Baseline is all of the report's results but those about what cannot be read:
// nobody knows what stands there.
func (r *Report) Baseline() *Baseline {
	baseline := &Baseline{Version: ReportVersion, Findings: []Known{}}
	for _, result := range r.Results {
		if result.ID != policies.IDMalformed {
			baseline.Findings = append(baseline.Findings, known(result))
		}
	}
	return baseline
}

func known(r Result) Known {
	return Known{
		Fingerprint: r.Fingerprint, ID: r.ID, File: r.File,
		Kind: r.Kind, Namespace: r.Namespace, Name: r.Name, Field: r.Field,
	}
}

// Write writes the baseline.
func (b *Baseline) Write(w io.Writer) error { return output.JSON(w, b) }

// LeaveOut takes the results that the baseline knows out of the report, counts
// them, and lists the entries that match nothing any more.
func (r *Report) LeaveOut(baseline *Baseline) {
	there := make(map[string]bool, len(baseline.Findings))
	for _, entry := range baseline.Findings {
		there[entry.Fingerprint] = true
	}
	found := map[string]bool{}
	kept := []Result{}
	for _, result := range r.Results {
		found[result.Fingerprint] = true
		if result.ID != policies.IDMalformed && there[result.Fingerprint] {
			r.Summary.Known++
		} else {
			kept = append(kept, result)
		}
	}
	for _, excepted := range r.Excepted {
		found[excepted.Fingerprint] = true
	}
	r.Results, r.Stale = kept, []Known{}
	for _, entry := range baseline.Findings {
		if !found[entry.Fingerprint] {
			r.Stale = append(r.Stale, entry)
		}
	}
	r.count()
}
