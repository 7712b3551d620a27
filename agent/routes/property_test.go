package routes

import (
	"fmt"
	"maps"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Few names and addresses, and mostly objects that matter, so that they meet.

func mostly(t *rapid.T, name string, likely bool) bool {
	return rapid.SampledFrom([]bool{likely, likely, likely, !likely}).Draw(t, name)
}

func genName(t *rapid.T, kind string, n int) types.NamespacedName {
	return types.NamespacedName{
		Namespace: rapid.SampledFrom([]string{"x", "x", "x", "y"}).Draw(t, "namespace"),
		Name:      fmt.Sprintf("%s%d", kind, rapid.IntRange(1, n).Draw(t, kind)),
	}
}

func genTime(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(0, 3).Draw(t, "created"), 0).UTC()
}

func genLabels(t *rapid.T) Labels {
	labels := map[string]string{}
	for _, key := range []string{"app", "tier"}[:rapid.IntRange(0, 2).Draw(t, "keys")] {
		labels[key] = rapid.SampledFrom([]string{"1", "2"}).Draw(t, key)
	}
	return LabelsOf(labels)
}

func genAddr(t *rapid.T) netip.Addr {
	family := rapid.SampledFrom([]string{"10.0.0.%d", "fd00::%d"}).Draw(t, "family")
	return netip.MustParseAddr(fmt.Sprintf(family, rapid.IntRange(1, 20).Draw(t, "host")))
}

func genProtocol(t *rapid.T) Protocol {
	return rapid.SampledFrom([]Protocol{TCP, UDP, SCTP}).Draw(t, "protocol")
}

func genPort(t *rapid.T) uint16 { return uint16(rapid.IntRange(1, 3).Draw(t, "port")) }

var portNames = []string{"", "a", "b"}

func genService(t *rapid.T) *Service {
	s := &Service{
		NamespacedName: genName(t, "service", 3),
		Created:        genTime(t),
		NodeLocal: rapid.SampledFrom([]v1alpha1.NodeLocal{
			v1alpha1.NodeLocalRequired, v1alpha1.NodeLocalRequired, v1alpha1.NodeLocalPreferred, "", v1alpha1.NodeLocalDisabled,
		}).Draw(t, "node-local"),
		TrafficLocal:             rapid.Bool().Draw(t, "local"),
		Selector:                 genLabels(t),
		PublishNotReadyAddresses: rapid.Bool().Draw(t, "publish"),
	}
	s.Intent.NoLocalEndpoint = rapid.SampledFrom([]v1alpha1.NoLocalEndpoint{
		"", v1alpha1.NoLocalEndpointReject, v1alpha1.NoLocalEndpointDrop, v1alpha1.NoLocalEndpointFallback,
	}).Draw(t, "no-local-endpoint")
	for _, ip := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"10.96.0.1", "10.96.0.2", "fd96::1"}), 0, 3, rapid.ID).Draw(t, "cluster IPs") {
		s.ClusterIPs = append(s.ClusterIPs, netip.MustParseAddr(ip))
	}
	for _, number := range rapid.SliceOfNDistinct(rapid.Uint16Range(1, 3), 0, 3, rapid.ID).Draw(t, "ports") {
		s.Ports = append(s.Ports, ServicePort{
			Name: rapid.SampledFrom(portNames).Draw(t, "port name"), Protocol: genProtocol(t), Port: number,
			TargetPort: rapid.SampledFrom([]intstr.IntOrString{
				{}, intstr.FromInt32(2), intstr.FromString("a"), intstr.FromString("b"),
			}).Draw(t, "target"),
		})
	}
	return s
}

func genPod(t *rapid.T) *Pod {
	is := func(name string) bool { return mostly(t, name, true) }
	not := func(name string) bool { return mostly(t, name, false) }
	p := &Pod{
		NamespacedName: genName(t, "pod", 5), Labels: genLabels(t), Created: genTime(t),
		Controller: rapid.SampledFrom([]types.UID{"", "", "d1", "d2"}).Draw(t, "controller"),
		Ready:      is("ready"), ContainersReady: is("containers ready"), Gated: not("gated"),
		OtherGatesReady: is("other gates"), Terminating: not("terminating"), Finished: not("finished"), Routed: not("routed"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "addresses") {
		p.IPs = append(p.IPs, genAddr(t))
	}
	for range rapid.IntRange(0, 2).Draw(t, "ports") {
		p.Ports = append(p.Ports, ContainerPort{
			Name: rapid.SampledFrom(portNames[1:]).Draw(t, "port name"), Protocol: genProtocol(t), Port: genPort(t),
		})
	}
	return p
}

func genSlice(t *rapid.T) *Slice {
	s := &Slice{NamespacedName: genName(t, "slice", 4), Service: fmt.Sprintf("service%d", rapid.IntRange(1, 3).Draw(t, "service"))}
	for range rapid.IntRange(0, 2).Draw(t, "ports") {
		s.Ports = append(s.Ports, SlicePort{rapid.SampledFrom(portNames).Draw(t, "port name"), genProtocol(t), genPort(t)})
	}
	for range rapid.IntRange(0, 12).Draw(t, "endpoints") {
		s.Endpoints = append(s.Endpoints, SliceEndpoint{
			Addr: genAddr(t), Node: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "node"),
			Ready: rapid.Bool().Draw(t, "ready"), Serving: rapid.Bool().Draw(t, "serving"), Terminating: rapid.Bool().Draw(t, "terminating"),
		})
	}
	return s
}

// edit changes one object in both.
func edit(t *rapid.T, w *world, x *Index) {
	switch rapid.IntRange(0, 5).Draw(t, "edit") {
	case 0:
		x.SetService(w.setService(genService(t)))
	case 1:
		x.SetPod(w.setPod(genPod(t)))
	case 2:
		x.SetSlice(w.setSlice(genSlice(t)))
	case 3:
		name := genName(t, "service", 3)
		delete(w.services, name)
		x.DeleteService(name)
	case 4:
		name := genName(t, "pod", 5)
		delete(w.pods, name)
		x.DeletePod(name)
	case 5:
		name := genName(t, "slice", 4)
		delete(w.slices, name)
		x.DeleteSlice(name)
	}
}

// However the objects came to be what they are, the table is what Build makes of
// them, and the changes on the way add up to it.
func TestIndexIsBuildOfTheFinalState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := Config{Node: "a", Scope: rapid.SampledFrom([]Scope{ScopeOptedIn, ScopeLocal}).Draw(t, "scope")}
		w, x := newWorld(), NewIndex(config)
		changed := Table{}
		for range rapid.IntRange(1, 20).Draw(t, "bursts") {
			for range rapid.IntRange(1, 8).Draw(t, "edits") {
				edit(t, &w, x)
			}
			if rapid.Bool().Draw(t, "checkpoint") {
				changed = maps.Clone(x.Checkpoint())
			}
			for _, c := range x.Changes() {
				apply(t, changed, c)
			}
			want := Build(w.state(config))
			if diff := cmp.Diff(want.String(), x.Table().String()); diff != "" {
				t.Fatalf("Build (-), Index (+):\n%s", diff)
			}
			if diff := cmp.Diff(want.String(), changed.String()); diff != "" {
				t.Fatalf("Build (-), the changes (+):\n%s", diff)
			}
		}
	})
}

// apply makes a change, which must be one.
func apply(t *rapid.T, table Table, c Change) {
	before, had := table[c.Frontend]
	if c.Route == nil && !had || c.Route != nil && had && before.Equal(c.Route) {
		t.Fatalf("%s changes nothing", c)
	}
	if c.Route == nil {
		delete(table, c.Frontend)
	} else {
		table[c.Frontend] = *c.Route
	}
}
