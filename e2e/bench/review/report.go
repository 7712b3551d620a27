package review

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/inshore-dev/inshore/e2e/bench"
)

// Report is what a run measured.
type Report struct {
	Date       time.Time `json:"date"`
	Processors int       `json:"processors"`
	Go         string    `json:"go"`
	// Conftest is its version, Rules how many rules both evaluate.
	Conftest    string       `json:"conftest"`
	Rules       int          `json:"rules"`
	Comparisons []Comparison `json:"comparisons"`
	Bars        []bench.Bar  `json:"bars"`
}

// Comparison is both programs on one corpus.
type Comparison struct {
	Corpus
	// Bytes is the size of the manifests, Findings what each of the two found.
	Bytes     int64 `json:"bytes"`
	Findings  int   `json:"findings"`
	Inshore   Spent `json:"inshore"`
	Reference Spent `json:"reference"`
	// Time, CPU and Memory are review ÷ conftest, turn by turn.
	Time   *bench.Ratio `json:"time"`
	CPU    *bench.Ratio `json:"cpu"`
	Memory *bench.Ratio `json:"memory"`
}

// Spent is what a program took: medians over its turns.
type Spent struct {
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpuSeconds"`
	// PeakMiB is the peak of its resident memory.
	PeakMiB float64 `json:"peakMiB"`

	walls, cpus, peaks []int64
}

func (s *Spent) add(used usage) {
	s.walls, s.cpus, s.peaks = append(s.walls, used.Wall), append(s.cpus, used.CPU), append(s.peaks, used.RSS)
}

func (c *Comparison) finish() {
	for _, s := range []*Spent{&c.Inshore, &c.Reference} {
		s.Seconds, s.CPUSeconds = median(s.walls)/1e9, median(s.cpus)/1e9
		s.PeakMiB = median(s.peaks) / (1 << 20)
	}
	c.Time = bench.RatioOf(c.Inshore.walls, c.Reference.walls)
	c.CPU = bench.RatioOf(c.Inshore.cpus, c.Reference.cpus)
	c.Memory = bench.RatioOf(c.Inshore.peaks, c.Reference.peaks)
}

func median(values []int64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return float64(sorted[(n-1)/2]+sorted[n/2]) / 2
}

// The bars, for barFiles files.
const (
	barFiles     = 10_000
	timeBar      = 1.0 / 3
	memoryBar    = 1.0 / 10
	timeBarFewIn = 1.0 / 10
)

func (r *Report) judge() {
	for _, c := range r.Comparisons {
		if c.Files != barFiles {
			continue
		}
		if c.OneIn == 1 {
			r.Bars = append(r.Bars, bench.RatioBar(c.Corpus.String()+": time", timeBar, c.Time),
				bench.RatioBar(c.Corpus.String()+": peak memory", memoryBar, c.Memory))
		} else {
			r.Bars = append(r.Bars, bench.RatioBar(c.Corpus.String()+": time", timeBarFewIn, c.Time))
		}
	}
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "inshore review beside conftest %s, %d rules, %d processors, %s, %s.\n",
		r.Conftest, r.Rules, r.Processors, r.Go, r.Date.UTC().Format("2006-01-02 15:04 UTC"))
	text.WriteString("Both find the same (rule, severity, object, field). The manifests hold all that admission fills in, and no object\n" +
		"that is opted in relates to another: conftest does neither. Medians; in brackets the ratio's 95 % interval.\n\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "corpus\tMB\tfindings\treview s\tconftest s\tratio\treview CPU s\tconftest CPU s\treview MiB\tconftest MiB\tratio")
	for _, c := range r.Comparisons {
		fmt.Fprintf(table, "%s\t%.1f\t%d\t%.2f\t%.2f\t%s\t%.2f\t%.2f\t%.0f\t%.0f\t%s\n", c.Corpus, float64(c.Bytes)/1e6, c.Findings,
			c.Inshore.Seconds, c.Reference.Seconds, c.Time, c.Inshore.CPUSeconds, c.Reference.CPUSeconds,
			c.Inshore.PeakMiB, c.Reference.PeakMiB, c.Memory)
	}
	if len(r.Bars) > 0 {
		fmt.Fprintln(table, "\nreview ÷ conftest\tbar\tmeasured\tverdict")
	}
	for _, b := range r.Bars {
		fmt.Fprintf(table, "%s\t≤ %.3g\t%.3f %s\t%s\n", b.What, b.AtMost, b.Got, b.Interval, b.Verdict)
	}
	_ = table.Flush() // To memory, where it cannot fail.
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
