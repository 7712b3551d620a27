package check

import (
	"fmt"
	"io"
	"io/fs"
	"text/tabwriter"
)

// Fact is one thing that the datapath needs.
type Fact struct {
	Name string `json:"name"`
	// Value is what was found; empty if nothing was.
	Value string `json:"value,omitempty"`
	// Problem says what is wrong with it, Remedy what to do. Both are empty if
	// nothing is wrong.
	Problem string `json:"problem,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

// Report is what is known of a node.
type Report struct {
	Facts []Fact `json:"facts"`
	// Suitable is whether no fact has a problem.
	Suitable bool `json:"suitable"`
}

// Node reads the facts from a proc file system, os.DirFS("/proc") for the node
// (or pod) that the process runs on. The error says which file could not be
// read: then nothing is known, which is not the same as unsuitable.
func Node(proc fs.FS) (*Report, error) {
	release, err := fs.ReadFile(proc, "sys/kernel/osrelease")
	if err != nil {
		return nil, fmt.Errorf("reading the kernel's release: %w", err)
	}
	mountinfo, err := fs.ReadFile(proc, "self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("reading mounts: %w", err)
	}
	status, err := fs.ReadFile(proc, "self/status")
	if err != nil {
		return nil, fmt.Errorf("reading capabilities: %w", err)
	}
	effective, err := effectiveCapabilities(string(status))
	if err != nil {
		return nil, fmt.Errorf("reading capabilities: %w", err)
	}
	mounts := parseMounts(string(mountinfo))
	report := &Report{Suitable: true, Facts: []Fact{
		kernel(string(release)),
		cgroups(mounts),
		bpfFS(mounts),
		capability(effective, capBPF, "CAP_BPF"),
		capability(effective, capNetAdmin, "CAP_NET_ADMIN"),
	}}
	for _, fact := range report.Facts {
		report.Suitable = report.Suitable && fact.Problem == ""
	}
	return report, nil
}

// WriteText writes the report for people, a fact a line.
func (r *Report) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, fact := range r.Facts {
		if fact.Problem == "" {
			fmt.Fprintf(table, "ok\t%s\t%s\n", fact.Name, fact.Value)
			continue
		}
		text := fact.Problem
		if fact.Value != "" {
			text = fact.Value + ": " + text
		}
		if fact.Remedy != "" {
			text += " (" + fact.Remedy + ")"
		}
		fmt.Fprintf(table, "no\t%s\t%s\n", fact.Name, text)
	}
	return table.Flush()
}
