package datapath_test

import (
	"testing"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
)

// TestOneMarkForAll: the programs have the mark from a header of their own.
func TestOneMarkForAll(t *testing.T) {
	if ebpf.BypassMark != datapath.BypassMark {
		t.Errorf("eBPF leaves %#x alone, others %#x", ebpf.BypassMark, datapath.BypassMark)
	}
}
