package agent

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/agent/routes"
)

// inUse is a carrier of a name whose canary answers as told, in turn.
func inUse(name string, fake *datapath.Fake, canaries ...error) *carrier {
	return &carrier{
		Datapath: fake,
		canary: func(context.Context) error {
			if len(canaries) == 0 {
				return nil
			}
			err := canaries[0]
			canaries = canaries[1:]
			return err
		},
		describe: func() introspect.Datapath { return introspect.Datapath{Names: []string{name}} },
	}
}

func TestAuto(t *testing.T) {
	lost := errors.New("landed elsewhere")
	table := routes.Table{{Addr: netip.MustParseAddr("10.96.0.1"), Port: 80, Protocol: routes.TCP}: {}}
	tests := map[string]struct {
		faults, canaries []error
		want             string
	}{
		"if it loads and the canary passes, it is eBPF":      {nil, nil, "ebpf"},
		"if the canary passes at the third try, it is eBPF":  {nil, []error{lost, lost}, "ebpf"},
		"if the canary never passes, it is nftables":         {nil, []error{lost, lost, lost}, "nftables"},
		"if it cannot be attached, it is nftables":           {[]error{errors.New("not permitted")}, nil, "nftables"},
		"if there is merely no room for all, it is eBPF yet": {[]error{&datapath.FullError{}}, nil, "ebpf"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			first, second := &datapath.Fake{}, &datapath.Fake{}
			first.Fail(test.faults...)
			removed, cause := false, error(nil)
			c := newAuto(inUse("ebpf", first, test.canaries...), func(why error) (*carrier, error) {
				cause = why
				return inUse("nftables", second), nil
			}, func() error { removed = true; return nil })
			if err := c.Replace(t.Context(), table); err != nil && datapath.OnlyFull(err) == nil {
				t.Fatal(err)
			}
			if got := c.describe().Names[0]; got != test.want {
				t.Errorf("in use is %s, want %s", got, test.want)
			}
			changed := test.want == "nftables"
			state, _ := second.State()
			if removed != changed || (cause != nil) != changed || (len(state.Table) == 1) != changed {
				t.Errorf("removed %v because of %v, and the other has %v", removed, cause, state.Table)
			}
		})
	}
}

func TestAutoStaysWhatItHasBecome(t *testing.T) {
	fake := &datapath.Fake{}
	c := newAuto(inUse("ebpf", fake), func(error) (*carrier, error) { return nil, errors.New("asked for another") }, nil)
	if err := c.Replace(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	fake.Fail(errors.New("busy"))
	if err := c.Replace(t.Context(), nil); err == nil || err.Error() != "busy" {
		t.Errorf("got %v, want the datapath's own error", err)
	}
}

func TestAutoWithNothingThatWorksSaysBoth(t *testing.T) {
	fake := &datapath.Fake{}
	fake.Fail(errors.New("not permitted"))
	c := newAuto(inUse("ebpf", fake), func(error) (*carrier, error) { return nil, errors.New("no nf_tables") }, nil)
	err := c.Replace(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "not permitted") || !strings.Contains(err.Error(), "no nf_tables") {
		t.Errorf("got %v", err)
	}
}

func TestASuccessorRemovesTheOtherKindOnceItsOwnTableIsInPlace(t *testing.T) {
	fake := &datapath.Fake{}
	fake.Fail(errors.New("busy"))
	removals := 0
	s := &successor{Datapath: fake, remove: func() error { removals++; return nil }}
	if err := s.Replace(t.Context(), nil); err == nil || removals != 0 {
		t.Errorf("after a failure: %v, %d removals", err, removals)
	}
	for range 2 {
		if err := s.Replace(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if removals != 1 {
		t.Errorf("%d removals, want 1", removals)
	}
}
