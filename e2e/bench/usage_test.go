package bench

import (
	"os"
	"testing"
	"time"
)

func TestProcessIsReadByItsLastParenthesis(t *testing.T) {
	got, err := parseProcess("Name:\ta) b\nVmPeak:\t  9 kB\nVmRSS:\t   51200 kB\n",
		"17 (a) b) S 1 17 17 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 4711 1 2 3\n")
	if want := (process{name: "a) b", rssKiB: 51200, cpu: 3 * time.Second}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := parseProcess("Name:\tx\n", "17 (x) S 1\n"); err == nil {
		t.Error("half a line is accepted")
	}
}

func TestOwnProcessCanBeRead(t *testing.T) {
	got, err := readProcess(os.Getpid())
	if err != nil || got.rssKiB == 0 || got.name == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestProcessorNameIsTheModel(t *testing.T) {
	if got := processorName("processor\t: 0\nmodel name\t: AMD EPYC\nmodel\t: 1\n"); got != "AMD EPYC" {
		t.Errorf("got %q", got)
	}
	if got := processorName("processor\t: 0\nBogoMIPS\t: 50\n"); got == "" {
		t.Error("a processor without a name has none at all")
	}
}

func TestMachineIsKnown(t *testing.T) {
	m, err := readMachine()
	if err != nil || m.Kernel == "" || m.MemoryMiB == 0 || m.Processors == 0 || m.Processor == "" {
		t.Errorf("got %+v, %v", m, err)
	}
}
