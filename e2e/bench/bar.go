package bench

import "fmt"

// Verdict is whether a bar is met.
type Verdict string

// The verdicts.
const (
	Met    Verdict = "met"
	Missed Verdict = "missed"
	// Undecided means that the bar is within the interval: the run was too short, or
	// the machine too busy, to tell.
	Undecided Verdict = "undecided"
	// Unmeasured means that what it takes was not measured.
	Unmeasured Verdict = "unmeasured"
)

// Bar is a figure that the project set itself.
type Bar struct {
	What    string  `json:"what"`
	AtMost  float64 `json:"atMost"`
	Got     float64 `json:"got"`
	Unit    string  `json:"unit"`
	Verdict Verdict `json:"verdict"`
	// Interval tells what else Got might have been; empty where there is none.
	Interval string `json:"interval,omitempty"`
}

// The bars. Those for programming and memory are for barServices Services.
const (
	connectBar     = 1.05
	echoBar        = 1.01
	programmingBar = 5000 // Microseconds.
	memoryBar      = 40   // MiB.
	barServices    = 10_000
)

// judge sets the report beside the bars. The bars are the default datapath's.
func (r *Report) judge(levels []int) {
	r.Bars = nil
	for _, measure := range Measures() {
		for _, services := range levels {
			bar := Bar{What: fmt.Sprintf("%s through the Service ÷ pod IP, %d Services", measure, services), AtMost: echoBar, Verdict: Unmeasured}
			if measure == ConnectAndEcho {
				bar.AtMost = connectBar
			}
			if l := r.find(services, EBPF, measure); l != nil && l.ToPodIP != nil {
				bar.ratio(*l.ToPodIP)
			}
			r.Bars = append(r.Bars, bar)
		}
	}
	programming := Bar{What: "pod seen ready → first connection, 10000 Services, p99", AtMost: programmingBar, Unit: "µs", Verdict: Unmeasured}
	for _, p := range r.Programming {
		if p.Arm == EBPF && p.Services == barServices && p.FromSeen.Samples > 0 {
			programming.value(p.FromSeen.P99)
		}
	}
	memory := Bar{What: "agent memory, 10000 Services, RSS", AtMost: memoryBar, Unit: "MiB", Verdict: Unmeasured}
	for _, u := range r.Usage {
		if u.Arm == EBPF && u.Services == barServices {
			memory.value(u.Idle.RSSMiB)
		}
	}
	r.Bars = append(r.Bars, programming, memory)
}

// RatioBar is a bar beside a ratio; nil is one that was not measured.
func RatioBar(what string, atMost float64, got *Ratio) Bar {
	bar := Bar{What: what, AtMost: atMost, Verdict: Unmeasured}
	if got != nil {
		bar.ratio(*got)
	}
	return bar
}

func (b *Bar) ratio(r Ratio) {
	b.Got, b.Interval = r.Median, fmt.Sprintf("%.3f–%.3f", r.Low, r.High)
	switch {
	case r.High <= b.AtMost:
		b.Verdict = Met
	case r.Low > b.AtMost:
		b.Verdict = Missed
	default:
		b.Verdict = Undecided
	}
}

func (b *Bar) value(got float64) {
	b.Got, b.Verdict = got, Met
	if got > b.AtMost {
		b.Verdict = Missed
	}
}
