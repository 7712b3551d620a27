package bench_test

import (
	"testing"

	"github.com/inshore-dev/inshore/e2e/bench"
)

// Whether figures are good is for people to say; that they are there is for a test.
func TestQuickRunMeasuresEverything(t *testing.T) {
	options, err := bench.Options{Progress: t.Output()}.Complete(true)
	if err != nil {
		t.Fatal(err)
	}
	report, err := bench.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	for _, missing := range report.Missing {
		t.Errorf("not measured: %s", missing)
	}
	type what struct {
		services int
		arm      bench.Arm
		measure  bench.Measure
	}
	sampled := map[what]int{}
	for _, l := range report.Latencies {
		sampled[what{l.Services, l.Arm, l.Measure}] += l.Microseconds.Samples
	}
	for _, services := range options.Services {
		for _, arm := range bench.Arms() {
			for _, measure := range bench.Measures() {
				if w := (what{services, arm, measure}); sampled[w] == 0 {
					t.Errorf("no call sampled of %+v", w)
				}
			}
		}
	}
	for _, p := range report.Programming {
		if p.FromSeen.Samples == 0 || p.Failed > 0 {
			t.Errorf("programming of %s: %+v", p.Arm, p)
		}
	}
	for _, u := range report.Usage {
		if u.Idle.RSSMiB == 0 || u.Churn == nil || u.Churn.RSSMiB == 0 || u.ChangesPerSecond == 0 {
			t.Errorf("usage of %s: %+v", u.Arm, u)
		}
	}
	if routers := 4; len(report.Programming) != routers || len(report.Usage) != routers {
		t.Errorf("programming of %d routers and usage of %d, want both of %d", len(report.Programming), len(report.Usage), routers)
	}
}
