package scale

import (
	"os"
	"testing"
)

func TestResidentIsReadFromWhatTheKernelSays(t *testing.T) {
	const status = "Name:\tinshore-webhook\nVmPeak:\t 1300000 kB\nVmHWM:\t   90000 kB\nVmRSS:\t   70000 kB\nRssAnon:\t   50000 kB\nRssFile:\t   20000 kB\nRssShmem:\t       0 kB\n"
	const rollup = "00400000-7fff Rss:  70000 kB\nRss:               70000 kB\nPss:               61000 kB\nPss_Dirty:         50000 kB\n"
	got, err := parseResident(status, rollup)
	if err != nil {
		t.Fatal(err)
	}
	if want := (resident{total: 70000, peak: 90000, anonymous: 50000, file: 20000, proportional: 61000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := parseResident("VmRSS:\t 1 kB\n", rollup); err == nil {
		t.Error("a kernel that does not tell everything was believed")
	}
}

func TestResidentOfThisProcess(t *testing.T) {
	got, err := readResident(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got.total < got.anonymous || got.peak < got.anonymous || got.proportional == 0 {
		t.Errorf("the parts and the whole do not fit: %s", got)
	}
}
