package cluster

import (
	"strings"
	"testing"
)

func TestConfigFillsInWhatIsLeftOut(t *testing.T) {
	got, err := Config{}.complete()
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "inshore" || got.Proxy != ProxyNFTables || got.Progress == nil {
		t.Errorf("got %+v", got)
	}
}

func TestConfigRefusesWhatCannotRun(t *testing.T) {
	tests := map[string]struct {
		config Config
		want   string
	}{
		"a name that is not one folder":       {Config{Name: "a/b"}, `cluster name "a/b"`},
		"a name with capitals":                {Config{Name: "Lab"}, `cluster name "Lab"`},
		"a name too long for a cgroup's":      {Config{Name: strings.Repeat("x", 33)}, "at most 32"},
		"more nodes than addresses":           {Config{Nodes: maxNodes + 1}, "201 nodes"},
		"less than no nodes":                  {Config{Nodes: -1}, "-1 nodes"},
		"a proxy mode that nobody has":        {Config{Proxy: "ipvs"}, `proxy mode "ipvs"`},
		"a proxy mode for a node that is not": {Config{Nodes: 1, NodeProxies: map[int]ProxyMode{1: ProxyNone}}, "below 1"},
		"a node's mode that nobody has":       {Config{Nodes: 1, NodeProxies: map[int]ProxyMode{0: "ipvs"}}, "map[0:ipvs]"},
		"DNS without a node for it to run on": {Config{DNS: true}, "at least one node"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := test.config.complete()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}
