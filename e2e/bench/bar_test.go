package bench

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBarsAreJudgedByTheInterval(t *testing.T) {
	for name, test := range map[string]struct {
		ratio Ratio
		want  Verdict
	}{
		"all of it below":       {Ratio{Median: 1.02, Low: 1.01, High: 1.05}, Met},
		"the bar inside":        {Ratio{Median: 1.02, Low: 1.01, High: 1.06}, Undecided},
		"the bar inside, above": {Ratio{Median: 1.06, Low: 1.05, High: 1.07}, Undecided},
		"all of it above":       {Ratio{Median: 1.07, Low: 1.06, High: 1.08}, Missed},
	} {
		b := Bar{AtMost: connectBar}
		if b.ratio(test.ratio); b.Verdict != test.want {
			t.Errorf("%s: got %s, want %s", name, b.Verdict, test.want)
		}
	}
}

// sample is a report with something of everything.
func sample() *Report {
	ratio := func(median float64) *Ratio {
		return &Ratio{Pairs: 200, Median: median, Low: median - 0.01, High: median + 0.01}
	}
	latency := func(arm, node Arm, p50 float64, there, bare *Ratio) Latency {
		return Latency{
			Services: 10_000, Arm: arm, Measure: ConnectAndEcho, Node: node,
			Microseconds: Spread{Samples: 8000, P50: p50, P99: 3 * p50, Max: 9 * p50}, ToPodIP: there, ToBarePodIP: bare,
		}
	}
	failing := latency(KubeProxyIPTables, KubeProxyIPTables, 300, ratio(1.5), ratio(5))
	failing.Failed, failing.Error = 3, "connection reset by peer"
	open := latency(EBPF, EBPF, 20, ratio(1.04), ratio(1.04))
	open.Measure = Echo100
	r := &Report{
		Date: time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC), Duration: "9m59s",
		Machine:  Machine{Processor: "A Processor", Processors: 2, MemoryMiB: 24000, Kernel: "6.18.44", LoadBefore: 0.1, LoadAfter: 3},
		Versions: Versions{Kubernetes: "v1.36.3", Go: "go1.26.8", NFT: "nftables v1.0.6", IPTables: "iptables v1.8.9 (nf_tables)"},
		Latencies: []Latency{
			latency(PodIP, EBPF, 60, nil, nil),
			latency(PodIP, KubeProxyIPTables, 200, nil, ratio(3.3)),
			latency(EBPF, EBPF, 61, ratio(1.02), ratio(1.02)),
			failing, open,
		},
		Programming: []Programming{
			{Arm: EBPF, Services: 10_000, FromSeen: Spread{100, 900, 4000, 6000}, FromWritten: Spread{100, 5000, 9000, 9500}, FromSlice: Spread{100, 800, 3000, 5000}},
			{Arm: KubeProxyIPTables, Services: 10_000, FromSeen: Spread{20, 90_000, 1_200_000, 1_200_000}, Failed: 1},
		},
		Usage: []Usage{
			{Arm: EBPF, Process: "inshore-agent", Services: 10_000, Idle: Load{41.5, 1.2}, Churn: &Load{42, 30}, ChangesPerSecond: 99.6},
			{Arm: KubeProxyIPTables, Process: "kube-proxy", Services: 10_000, Idle: Load{150, 5}},
		},
		Missing: []string{"kube-proxy-iptables with 100000 Services and more: too slow"},
	}
	r.judge([]int{10_000, 100_000})
	return r
}

func TestReportForPeople(t *testing.T) { golden(t, "testdata/report.txt", (*Report).WriteText) }

func TestReportForPrograms(t *testing.T) { golden(t, "testdata/report.json", (*Report).WriteJSON) }

func TestWhatWasNotMeasuredIsNamed(t *testing.T) {
	o := Options{Services: []int{10_000}, Arms: []Arm{PodIP, EBPF, KubeProxyIPTables}}
	want := []string{
		"echo-100 over pod-ip with 10000 Services", "echo-4096 over pod-ip with 10000 Services",
		"echo-4096 over ebpf with 10000 Services",
		"echo-100 over kube-proxy-iptables with 10000 Services", "echo-4096 over kube-proxy-iptables with 10000 Services",
		"programming of kube-proxy-iptables", "memory and processor of kube-proxy-iptables",
	}
	r := sample()
	r.Programming = r.Programming[:1]
	if got := r.gaps(o); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func golden(t *testing.T, file string, write func(*Report, io.Writer) error) {
	t.Helper()
	var got strings.Builder
	if err := write(sample(), &got); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s differs (UPDATE=1 writes it); got:\n%s", file, &got)
	}
}
