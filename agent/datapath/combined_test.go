package datapath_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

func frontend(n byte) routes.Frontend {
	return routes.Frontend{Addr: netip.AddrFrom4([4]byte{10, 96, 0, n}), Port: 80, Protocol: routes.TCP}
}

func TestOnlyFull(t *testing.T) {
	full := &datapath.FullError{Capacity: 1, Missing: []routes.Frontend{frontend(1)}}
	other := errors.New("broken")
	tests := map[string]struct {
		err  error
		want int // Missing frontends; -1 if that is not all.
	}{
		"if nothing is wrong, there is none":             {nil, -1},
		"if there is no room, it is that":                {full, 1},
		"if it was joined with nothing, it is that":      {errors.Join(nil, full), 1},
		"if two have no room, it is both":                {errors.Join(full, &datapath.FullError{Capacity: 2, Missing: []routes.Frontend{frontend(1), frontend(2)}}), 2},
		"if something else is wrong, it is that":         {other, -1},
		"if something else is wrong too, it is not only": {errors.Join(full, other), -1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := datapath.OnlyFull(test.err)
			if (got == nil) != (test.want < 0) || got != nil && len(got.Missing) != test.want {
				t.Errorf("got %v, want %d missing", got, test.want)
			}
		})
	}
}

func TestCombinedIsInPlaceWhenEveryPartIs(t *testing.T) {
	one, two := &datapath.Fake{}, &datapath.Fake{}
	both := datapath.Combined{one, two}
	table := routes.Table{frontend(1): {}}
	if err := both.Replace(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	one.Fail(errors.New("broken"))
	change := []routes.Change{{Frontend: frontend(2), Route: &routes.Route{}}}
	if err := both.Update(t.Context(), change); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
	if state, _ := two.State(); len(state.Table) != 2 {
		t.Error("the part that works was not asked")
	}
	if err := both.Update(t.Context(), change); err != nil {
		t.Errorf("trying again: %v", err)
	}
	one.Count(frontend(1), datapath.Counters{Local: 1})
	two.Count(frontend(1), datapath.Counters{Local: 2, Dropped: 5})
	if counters, err := both.Counters(); err != nil || counters[frontend(1)] != (datapath.Counters{Local: 3, Dropped: 5}) {
		t.Errorf("counters are %v, %v", counters, err)
	}
	uncounted := datapath.Combined{one, datapath.Uncounted{Datapath: two}}
	if counters, err := uncounted.Counters(); err != nil || counters[frontend(1)] != (datapath.Counters{Local: 1}) {
		t.Errorf("counters are %v, %v", counters, err)
	}
}

func TestCombinedHasTheRoomOfItsSmallestPart(t *testing.T) {
	both := datapath.Combined{&datapath.Fake{Capacity: 1}, &datapath.Fake{}}
	err := both.Replace(t.Context(), routes.Table{frontend(1): {}, frontend(2): {}})
	if full := datapath.OnlyFull(err); full == nil || len(full.Missing) != 1 {
		t.Errorf("got %v", err)
	}
	if used, capacity := both.Size(); used != 2 || capacity != 1 {
		t.Errorf("size is %d of %d", used, capacity)
	}
}

// A Fake stands in for a kernel: here one that has room for a single frontend.
func ExampleFake() {
	fake := &datapath.Fake{Capacity: 1}
	err := fake.Replace(context.Background(), routes.Table{frontend(1): {}, frontend(2): {}})
	fmt.Println(err)
	err = fake.Update(context.Background(), []routes.Change{{Frontend: frontend(1)}, {Frontend: frontend(2), Route: &routes.Route{}}})
	state, _ := fake.State()
	fmt.Println(err, len(state.Table))
	// Output:
	// no room for 1 frontends: the map holds 1 (raise --max-frontends)
	// <nil> 1
}
