package ebpf_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// byValue compares addresses, whose fields are not exported, by ==.
var byValue = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})

// everything is a table with one of each thing that a decision can say.
func everything() routes.Table {
	four, six := netip.MustParseAddr("10.244.0.0"), netip.MustParseAddr("fd00::")
	backends := func(addr netip.Addr, n int) (list []netip.AddrPort) {
		for i := range n {
			addr = addr.Next()
			list = append(list, netip.AddrPortFrom(addr, uint16(8080+i)))
		}
		return list
	}
	return routes.Table{
		tcp("10.96.0.1:80"): {Behaviour: v1alpha1.NoLocalEndpointReject, Balance: v1alpha1.BalanceRandom},
		udp("10.96.0.1:80"): {Behaviour: v1alpha1.NoLocalEndpointDrop, Balance: v1alpha1.BalanceRoundRobin},
		tcp("10.96.0.2:65535"): {
			Local: backends(four, routes.MaxLocal), Fallback: backends(four, routes.MaxFallback),
			Behaviour: v1alpha1.NoLocalEndpointFallback, Balance: v1alpha1.BalanceLeastConnection,
		},
		tcp("[fd00:96::1]:80"): {
			Local: backends(six, 2), Behaviour: v1alpha1.NoLocalEndpointReject,
			Balance: v1alpha1.BalanceSourceHash, Affinity: 1,
		},
		udp("[fd00:96::1]:53"): {
			Local: backends(six, routes.MaxLocal), Fallback: backends(six, routes.MaxFallback),
			Behaviour: v1alpha1.NoLocalEndpointFallback, Balance: v1alpha1.BalanceDestinationHash,
		},
	}
}

func TestWhatFindsNoRoomWaitsForIt(t *testing.T) {
	ctx := context.Background()
	d := open(t, ebpf.Config{MaxFrontends: 2})
	one, two, three := tcp("10.96.0.1:80"), tcp("10.96.0.2:80"), tcp("[fd00:96::1]:80")
	err := d.Replace(ctx, routes.Table{one: local(), two: local(), three: local()})
	wantFull(t, err, three)
	wantSize(t, d, 2)

	four := tcp("10.96.0.4:80")
	wantFull(t, d.Update(ctx, []routes.Change{{Frontend: four, Route: &routes.Route{}}}), four, three)

	// What has room may change even in a full table.
	if err := d.Update(ctx, []routes.Change{{Frontend: one, Route: &routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop}}}); errors.As(err, new(*datapath.FullError)) == false {
		t.Errorf("the error is %v, want that two are still missing", err)
	}
	wantFull(t, d.Update(ctx, []routes.Change{{Frontend: one}}), three)
	wantFull(t, d.Update(ctx, []routes.Change{{Frontend: two}}))
	state, err := ebpf.Dump(bpffs)
	if err != nil {
		t.Fatal(err)
	}
	if _, three := state.Table[three]; !three || len(state.Table) != 2 {
		t.Errorf("in place are %v, want what had waited", state.Table)
	}
	if err := d.Update(ctx, []routes.Change{{Frontend: four}, {Frontend: three}}); err != nil {
		t.Error(err)
	}
	wantSize(t, d, 0)
}

func wantSize(t *testing.T, d *ebpf.Datapath, want int) {
	t.Helper()
	if used, capacity := d.Size(); used != want || capacity != 2 {
		t.Errorf("the size is %d of %d, want %d of 2", used, capacity, want)
	}
}

// wantFull expects the error that names what is missing; none is no error.
func wantFull(t *testing.T, err error, missing ...routes.Frontend) {
	t.Helper()
	if len(missing) == 0 {
		if err != nil {
			t.Errorf("the error is %v, want none", err)
		}
		return
	}
	var full *datapath.FullError
	if !errors.As(err, &full) || full.Capacity != 2 || !slices.Equal(full.Missing, missing) {
		t.Errorf("the error is %v, want that there is no room for %v", err, missing)
	}
}

func TestARouteThatADecisionCannotHoldIsAnError(t *testing.T) {
	tests := map[string]struct {
		frontend routes.Frontend
		route    routes.Route
	}{
		"more local backends than there is room for": {tcp("10.96.0.1:80"), routes.Route{Local: make([]netip.AddrPort, routes.MaxLocal+1)}},
		"a backend of another family":                {tcp("10.96.0.1:80"), local(netip.MustParseAddrPort("[fd00::1]:80"))},
		"a v4-mapped backend":                        {tcp("[fd00:96::1]:80"), local(netip.MustParseAddrPort("[::ffff:10.0.0.1]:80"))},
		"a backend without an address":               {tcp("10.96.0.1:80"), local(netip.AddrPort{})},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			d := routing(t, routes.Table{})
			if err := d.Update(context.Background(), []routes.Change{{Frontend: test.frontend, Route: &test.route}}); err == nil {
				t.Error("an Update is no error")
			}
			if err := d.Replace(context.Background(), routes.Table{test.frontend: test.route}); err == nil {
				t.Error("a Replace is no error")
			}
		})
	}
}

func TestSCTPIsLeftToTheProxy(t *testing.T) {
	d := routing(t, routes.Table{frontend("10.96.0.1:80", routes.SCTP): local()})
	if err := d.Update(context.Background(), []routes.Change{{Frontend: frontend("10.96.0.2:80", routes.SCTP), Route: &routes.Route{}}}); err != nil {
		t.Fatal(err)
	}
	if used, _ := d.Size(); used != 0 {
		t.Errorf("%d frontends are in place, want none", used)
	}
}

func TestAnOrphanedTableIsNotBelieved(t *testing.T) {
	backend := server(t, "127.0.0.1:0", "behind")
	server(t, "127.0.0.2:8080", "the proxy")
	d := open(t, ebpf.Config{OrphanTimeout: time.Nanosecond})
	if err := d.Replace(context.Background(), routes.Table{tcp("127.0.0.2:8080"): local(backend)}); err != nil {
		t.Fatal(err)
	}
	if name, _, err := ask("127.0.0.2:8080"); name != "the proxy" {
		t.Errorf("after the deadline %q answered (%v), want the proxy", name, err)
	}
	state, err := ebpf.Dump(bpffs)
	if err != nil || state.Trusted == nil || *state.Trusted > 0 {
		t.Errorf("the dump says %+v, %v; want that the table is not trusted", state, err)
	}
	again := open(t, ebpf.Config{OrphanTimeout: time.Hour})
	if err := again.Renew(); err != nil {
		t.Fatal(err)
	}
	if name, _, err := ask("127.0.0.2:8080"); name != "behind" {
		t.Errorf("after Renew %q answered (%v), want the backend", name, err)
	}
}
