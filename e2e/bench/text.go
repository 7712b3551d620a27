package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var text strings.Builder
	m := r.Machine
	fmt.Fprintf(&text, "%s, in %s. %d × %s, %d MiB, Linux %s; load %.2f before, %.2f after.\n", r.Date.UTC().Format("2006-01-02 15:04 UTC"),
		r.Duration, m.Processors, m.Processor, m.MemoryMiB, m.Kernel, m.LoadBefore, m.LoadAfter)
	fmt.Fprintf(&text, "Kubernetes %s, %s, %s, %s.\n", r.Versions.Kubernetes, r.Versions.Go, r.Versions.NFT, r.Versions.IPTables)
	for _, measure := range Measures() {
		r.latencies(&text, measure)
	}
	r.programming(&text)
	r.usage(&text)
	r.bars(&text)
	for _, missing := range r.Missing {
		fmt.Fprintf(&text, "\nNot measured: %s\n", missing)
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

var headings = map[Measure]string{
	ConnectAndEcho: "connect + 1 round trip of 100 bytes",
	Echo100:        "round trip of 100 bytes on an open connection",
	Echo4096:       "round trip of 4096 bytes on an open connection",
}

// table writes rows below a heading, cells with tabs between.
func table(text *strings.Builder, heading, columns string, rows []string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(text, "\n%s\n", heading)
	columns += "\t"
	t := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.TrimSuffix(columns, "\t"))
	for _, row := range rows {
		fmt.Fprintln(t, row)
	}
	_ = t.Flush() // To memory, where it cannot fail.
}

func (r *Report) latencies(text *strings.Builder, measure Measure) {
	var rows []string
	for _, l := range r.Latencies {
		if l.Measure != measure {
			continue
		}
		arm := string(l.Arm)
		if l.Arm == PodIP && l.ToBarePodIP != nil {
			arm += " on the node of " + string(l.Node)
		}
		row := fmt.Sprintf("%d\t%s\t%.1f\t%.1f\t%s\t%s\t%d", l.Services, arm, l.Microseconds.P50, l.Microseconds.P99,
			l.ToPodIP, l.ToBarePodIP, l.Microseconds.Samples)
		if l.Failed > 0 {
			row += fmt.Sprintf("\t%d failed: %s", l.Failed, l.Error)
		}
		rows = append(rows, row)
	}
	table(text, headings[measure]+", µs", "Services\tarm\tp50\tp99\t÷ pod IP there\t÷ pod IP, no proxy\tcalls", rows)
}

// String is the median with its interval.
func (r *Ratio) String() string {
	if r == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f (%.3f–%.3f)", r.Median, r.Low, r.High)
}

func (s Spread) String() string {
	if s.Samples == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f / %.2f / %.2f", s.P50/1000, s.P99/1000, s.Max/1000)
}

func (r *Report) programming(text *strings.Builder) {
	var rows []string
	for _, p := range r.Programming {
		row := fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%d", p.Services, p.Arm, p.FromSeen, p.FromSlice, p.FromWritten, p.FromSeen.Samples)
		if p.Failed > 0 {
			row += fmt.Sprintf("\t%d never landed", p.Failed)
		}
		rows = append(rows, row)
	}
	table(text, "pod ready → first connection through the ClusterIP, ms: p50 / p99 / max",
		"Services\tarm\tfrom pod seen ready\tfrom slice seen ready\tfrom before the write\ttimes", rows)
}

func (r *Report) usage(text *strings.Builder) {
	var rows []string
	for _, u := range r.Usage {
		row := fmt.Sprintf("%d\t%s\t%s\t%.1f\t%.1f", u.Services, u.Arm, u.Process, u.Idle.RSSMiB, u.Idle.CPU)
		if u.Churn != nil {
			row += fmt.Sprintf("\t%.1f\t%.1f\t%.0f", u.Churn.RSSMiB, u.Churn.CPU, u.ChangesPerSecond)
		}
		rows = append(rows, row)
	}
	table(text, "memory (RSS, MiB) and processor (thousandths of one)",
		"Services\tarm\tprocess\tRSS idle\tCPU idle\tRSS in churn\tCPU in churn\tchanges/s", rows)
}

func (r *Report) bars(text *strings.Builder) {
	var rows []string
	for _, b := range r.Bars {
		got := "-"
		if b.Verdict != Unmeasured {
			got = strings.TrimSpace(fmt.Sprintf("%.3f %s", b.Got, b.Interval))
		}
		rows = append(rows, fmt.Sprintf("%s\t≤ %g %s\t%s\t%s", b.What, b.AtMost, b.Unit, got, b.Verdict))
	}
	table(text, "bars, eBPF datapath", "what\tbar\tmeasured\tverdict", rows)
}
