package admission

import (
	"encoding/json"
	"fmt"
	"io"
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
	Kubernetes string    `json:"kubernetes"`
	Writes     []Figure  `json:"writes"`
	// Wire are webhooks asked without an API server.
	Wire []Figure    `json:"wire"`
	Bars []bench.Bar `json:"bars"`
}

// Figure is one arm at one write, or one webhook at one path.
type Figure struct {
	What    string `json:"what"`
	Clients int    `json:"clients"`
	Arm     Arm    `json:"arm"`
	// Bytes is the length of the review, where it is what was sent.
	Bytes        int       `json:"bytes,omitempty"`
	Milliseconds Quantiles `json:"milliseconds"`
	// ToPlain is the median ÷ that of plain net/http; for writes, both without what the
	// write takes with no admission at all.
	ToPlain *bench.Ratio `json:"toPlain,omitempty"`
}

func (r *Report) add(w Write, clients int, took map[Arm]turns) {
	for _, arm := range Arms() {
		f := Figure{What: string(w), Clients: clients, Arm: arm, Milliseconds: quantilesOf(took[arm])}
		if arm != None && arm != Plain {
			f.ToPlain = addedRatio(took[arm], took[Plain], took[None])
		}
		r.Writes = append(r.Writes, f)
	}
}

func (r *Report) addWire(p Path, bytes int, took map[Arm]turns) {
	for _, arm := range wireArms {
		f := Figure{What: p.What, Clients: 1, Arm: arm, Bytes: bytes, Milliseconds: quantilesOf(took[arm])}
		if arm != Plain {
			f.ToPlain = ratio(took[arm], took[Plain])
		}
		r.Wire = append(r.Wire, f)
	}
}

// addedBar is for a DaemonSet, one client.
const addedBar = 1.2

func (r *Report) judge() {
	for _, f := range r.Writes {
		if f.Arm == Ours && f.Clients == 1 && (f.What == string(CreateDaemonSet) || f.What == string(UpdateDaemonSet)) {
			r.Bars = append(r.Bars, bench.RatioBar(f.What+": added by ours ÷ added by two plain hops", addedBar, f.ToPlain))
		}
	}
	for _, p := range paths {
		for _, f := range r.Wire {
			if f.Arm == Ours && f.What == p.What {
				r.Bars = append(r.Bars, bench.RatioBar(p.What+", on the wire: ours ÷ plain", p.bar, f.ToPlain))
			}
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

func (i Interval) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", i.Value, i.Low, i.High) }

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Admission through API server %s, %d processors, %s, %s.\n", r.Kubernetes, r.Processors, r.Go, r.Date.UTC().Format("2006-01-02 15:04 UTC"))
	text.WriteString("Milliseconds; in brackets 95 % intervals. Writes are dry runs of objects that are opted in; arms take turns.\n\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "write\tclients\tadmission\tp50\tp95\tp99\tadded ÷ added by plain\trequests")
	for _, f := range r.Writes {
		m := f.Milliseconds
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\n", f.What, f.Clients, f.Arm, m.P50, m.P95, m.P99, f.ToPlain, m.Samples)
	}
	fmt.Fprintln(table, "\nasked itself\tbytes\twebhook\tp50\tp95\tp99\t÷ plain\trequests")
	for _, f := range r.Wire {
		m := f.Milliseconds
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\n", f.What, f.Bytes, f.Arm, m.P50, m.P95, m.P99, f.ToPlain, m.Samples)
	}
	fmt.Fprintln(table, "\nbar\tat most\tmeasured\tverdict")
	for _, b := range r.Bars {
		fmt.Fprintf(table, "%s\t≤ %g\t%.2f %s\t%s\n", b.What, b.AtMost, b.Got, b.Interval, b.Verdict)
	}
	_ = table.Flush() // To memory, where it cannot fail.
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
