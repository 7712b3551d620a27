package churn

import (
	"strings"
	"testing"
	"time"
)

func account(phase string, latencies ...time.Duration) *Account {
	a := newAccount(phase)
	a.Took = 2 * time.Second
	for _, latency := range latencies {
		a.add(latency, func(a *Account) { a.OK++ })
	}
	return a
}

func TestAnAccountKnowsHowLongRequestsTook(t *testing.T) {
	var latencies []time.Duration
	for i := range 100 {
		latencies = append(latencies, time.Duration(100-i)*time.Millisecond)
	}
	a := account("nothing", latencies...)
	for share, want := range map[float64]time.Duration{0.5: 51 * time.Millisecond, 0.99: 100 * time.Millisecond, 1: 100 * time.Millisecond} {
		if got := a.Latency(share); got != want {
			t.Errorf("%v were answered within %s, want %s", share, got, want)
		}
	}
	if got := account("empty").Latency(0.5); got != 0 {
		t.Errorf("no request took %s", got)
	}
}

func TestATableHasALineForEachPhaseAndTheirSum(t *testing.T) {
	calm, kill := account("nothing", time.Millisecond), account("kill", 3*time.Millisecond, 11*time.Second)
	kill.add(time.Millisecond, func(a *Account) { a.Unavailable["webhook: no endpoint"]++ })
	kill.Missed, kill.RepairTook = 2, 1500*time.Millisecond
	kill.hold()
	want := `    phase  seconds  requests  ok  by rule  unavailable  missed  unrepaired  repair  p50    p99    max
  nothing        2         1   1        0            0       0           0      0s  1ms    1ms    1ms
     kill        2         3   2        0            1       2           0    1.5s  3ms  11.0s  11.0s
      all        4         4   3        0            1       2           0    1.5s  3ms  11.0s  11.0s
  kill: 1 webhook: no endpoint
  kill: 1 requests were not begun, as too many were under way
`
	if got := Table([]*Account{calm, kill}); strings.TrimSpace(strings.ReplaceAll(got, "\n  ", "\n")) != strings.TrimSpace(strings.ReplaceAll(want, "\n  ", "\n")) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatMustNotBeIsAProblem(t *testing.T) {
	fine := func() *Account {
		a := account("x", time.Millisecond)
		a.Refused = 1
		return a
	}
	for sentence, test := range map[string]struct {
		change   func(*Account)
		lossless bool
		want     string
	}{
		"if all went well, there is none":                          {func(*Account) {}, true, ""},
		"if requests failed in an outage, there is none":           {func(a *Account) { a.Unavailable["x"] = 1 }, false, ""},
		"if requests failed and none should have, there is one":    {func(a *Account) { a.Unavailable["x"] = 1 }, true, "1 requests were lost"},
		"if a mutation was missed and none should, there is one":   {func(a *Account) { a.Missed = 1 }, true, "1 of them admitted without"},
		"if an object was not repaired, there is one":              {func(a *Account) { a.Unrepaired = 1 }, false, "1 objects are without the mutation"},
		"if a mistake was let through, there is one":               {func(a *Account) { a.Wrong = []string{"let through"} }, false, "let through"},
		"if no mistake was tried, there is one":                    {func(a *Account) { a.Refused = 0 }, false, "it shows nothing"},
		"if a mutation was missed in an outage and repaired, none": {func(a *Account) { a.Missed = 1 }, false, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := fine()
			test.change(a)
			got := strings.Join(Fault{Name: "x", Lossless: test.lossless}.Problems(a), "; ")
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
