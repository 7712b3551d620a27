package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, o := range map[string]Options{
		"descending":              {Services: []int{1000, 10}},
		"no Services":             {Services: []int{0, 10}},
		"more than the map holds": {Services: []int{1_000_000}},
		"negative duration":       {Duration: -time.Second},
	} {
		if got, err := o.Complete(false); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
}

func TestDefaultsOnlyFillWhatIsNotSaid(t *testing.T) {
	o, err := Options{Services: []int{7}, Churn: time.Minute}.Complete(true)
	if err != nil || !slices.Equal(o.Services, []int{7}) || o.Churn != time.Minute || o.Duration == 0 || len(o.Arms) != len(Arms()) {
		t.Errorf("got %+v, %v", o, err)
	}
	if full, err := (Options{}).Complete(false); err != nil || !slices.Equal(full.Services, []int{10, 1000, 10_000, 100_000}) {
		t.Errorf("got %+v, %v, want the numbers of Services that the bars are for", full, err)
	}
}

func TestProgrammingIsMeasuredWhereItsBarIs(t *testing.T) {
	for want, services := range map[int][]int{10_000: {10, 10_000, 100_000}, 1000: {10, 1000}, 100_000: {100_000}} {
		if got := (Options{Services: services}).programmingAt(); got != want {
			t.Errorf("of %v: got %d, want %d", services, got, want)
		}
	}
}

func TestArmsDecideWhichNodesThereAre(t *testing.T) {
	tests := map[string]struct {
		arms []Arm
		// on are the arms of each node.
		on [][]Arm
	}{
		"all of them": {Arms(), [][]Arm{
			{PodIP, EBPF, Loopback, UnixSocket}, {PodIP, NFTables}, {PodIP, KubeProxyNFTables}, {PodIP, KubeProxyIPTables},
		}},
		"no router: one node without any":                      {[]Arm{PodIP, UnixSocket}, [][]Arm{{PodIP, UnixSocket}}},
		"one router: the pod's IP beside it, asked for or not": {[]Arm{KubeProxyIPTables}, [][]Arm{{PodIP, KubeProxyIPTables}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var on [][]Arm
			for i, r := range routersFor(test.arms) {
				on = append(on, armsOn(i, r, test.arms))
				if (r.datapath != "") == (r.proxy != cluster.ProxyNone) && r.arm != PodIP {
					t.Errorf("%s: want either an agent or a kube-proxy, have %q and %q", r.arm, r.datapath, r.proxy)
				}
			}
			if !slices.EqualFunc(on, test.on, slices.Equal[[]Arm]) {
				t.Errorf("got %v, want %v", on, test.on)
			}
		})
	}
}

func TestUnknownArmsAreNamed(t *testing.T) {
	if _, err := ParseArms([]string{"ebpf", "ipvs"}); err == nil {
		t.Error("ipvs is accepted")
	}
	if got, err := ParseArms([]string{"ebpf", "127.0.0.1"}); err != nil || !slices.Equal(got, []Arm{EBPF, Loopback}) {
		t.Errorf("got %v, %v", got, err)
	}
}
