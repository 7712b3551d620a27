package agent

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/gate"
	"github.com/inshore-dev/inshore/agent/routes"
)

func TestNothingIsWrittenBeforeEverythingIsListed(t *testing.T) {
	f := start(t, &datapath.Fake{}, nil)
	f.set(optedIn("a", 1), daemon("a", "a-1", 1))
	f.set(optedIn("b", 2), daemon("b", "b-1", 2))
	if problems := f.status().Problems; len(problems) != 1 || !strings.Contains(problems[0], "the list of Services") {
		t.Errorf("problems are %q", problems)
	}
	f.source.sync()
	state := f.awaitState("a first table", func(s datapath.FakeState) bool { return s.Replaced > 0 })
	if len(state.Table) != 2 || state.Replaced != 1 || state.Updated != 0 {
		t.Errorf("the first write is not one Replace of everything: %+v", state)
	}
}

func TestAGateOpensOnlyAfterTheCommit(t *testing.T) {
	f := start(t, &datapath.Fake{}, nil)
	f.set(optedIn("a", 1), daemon("a", "old", 1))
	f.source.sync()
	f.await("the first gate opens", func() bool { return len(f.opened()) == 1 })

	release := f.fake.Hold()
	f.set(daemon("a", "new", 2))
	f.awaitState("an update that is held", func(s datapath.FakeState) bool { return s.Waiting == 1 })
	if opened := f.opened(); len(opened) != 1 {
		t.Fatalf("a gate opened before the datapath had the pod: %+v", opened)
	}
	release()
	f.await("the new pod's gate opens", func() bool {
		for i, o := range f.opened() {
			if o.Pod == named("new") {
				return leadsTo(f.at[i], frontend(1), 2) || failNow(t, "the gate opened without the pod being in the table: %v", f.at[i])
			}
		}
		return false
	})
	for _, o := range f.opened() {
		if o.Reason != gate.ReasonRouted && o.Pod == named("new") || o.Committed.Before(o.Seen) {
			t.Errorf("opening is %+v", o)
		}
	}
}

func failNow(t *testing.T, format string, args ...any) bool {
	t.Helper()
	t.Fatalf(format, args...)
	return false
}

func TestGatesSayWhyTheyOpen(t *testing.T) {
	old := daemon("a", "old", 1)
	waiting := daemon("a", "waiting", 9)
	waiting.Controller, waiting.OtherGatesReady = "another", false
	terminating := daemon("a", "terminating", 8)
	terminating.Controller, terminating.Terminating = "a third", true
	stranger := daemon("nobody", "stranger", 3)
	stranger.OtherGatesReady = false
	tests := map[string]struct {
		pod  *routes.Pod
		want string
	}{
		"if a newer pod has taken over, Superseded":             {old, gate.ReasonSuperseded},
		"if connections reach the pod, Routed":                  {daemon("a", "new", 2), gate.ReasonRouted},
		"if no Service selects the pod, NotSelected":            {stranger, gate.ReasonNotSelected},
		"if another gate keeps it out of the table, not at all": {waiting, ""},
		"if it is terminating, not at all":                      {terminating, ""},
	}
	f := start(t, &datapath.Fake{}, nil)
	f.set(optedIn("a", 1))
	for _, test := range tests {
		f.set(test.pod)
	}
	f.source.sync()
	f.awaitState("a first table", func(s datapath.FakeState) bool { return s.Replaced > 0 })
	f.await("three gates open", func() bool { return len(f.opened()) >= 3 })
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, o := range f.opened() {
				if o.Pod == test.pod.NamespacedName {
					got = o.Reason
				}
			}
			if got != test.want {
				t.Errorf("reason is %q, want %q", got, test.want)
			}
		})
	}
}

func TestAPodThatIsNoLongerFitIsForgotten(t *testing.T) {
	f := start(t, &datapath.Fake{}, nil)
	f.set(optedIn("a", 1), daemon("a", "a-1", 1))
	f.source.sync()
	f.await("the gate opens", func() bool { return len(f.opened()) > 0 })
	f.apply(func(x *routes.Index) { x.DeletePod(named("a-1")) })
	f.await("the pod is forgotten", func() bool {
		f.witness.mu.Lock()
		defer f.witness.mu.Unlock()
		return len(f.forgot) == 1 && f.forgot[0] == named("a-1")
	})
}

func TestEditsDuringAnUpdateGoTogether(t *testing.T) {
	f := start(t, &datapath.Fake{}, nil)
	f.source.sync()
	f.awaitState("a first table", func(s datapath.FakeState) bool { return s.Replaced > 0 })
	release := f.fake.Hold()
	f.set(optedIn("a", 1))
	f.awaitState("an update that is held", func(s datapath.FakeState) bool { return s.Waiting == 1 })
	for n := byte(2); n < 102; n++ {
		f.set(optedIn("s"+strconv.Itoa(int(n)), n))
	}
	release()
	state := f.awaitState("all Services", func(s datapath.FakeState) bool { return len(s.Table) == 101 })
	if state.Updated != 2 {
		t.Errorf("%d updates, want the one that was held and one for the rest", state.Updated)
	}
}

func TestAFailingDatapathIsTriedUntilItWorks(t *testing.T) {
	broken := errors.New("no such device")
	fake := &datapath.Fake{}
	f := start(t, fake, nil)
	f.source.sync()
	f.awaitState("a first table", func(s datapath.FakeState) bool { return s.Replaced > 0 })
	fake.Fail(broken, broken, broken)
	f.set(optedIn("a", 1), daemon("a", "a-1", 1))
	f.await("not ready while it fails", func() bool { return strings.Contains(strings.Join(f.status().Problems, ""), "no such device") })
	f.set(optedIn("b", 2))
	state := f.awaitState("both Services", func(s datapath.FakeState) bool { return len(s.Table) == 2 })
	f.await("ready again", func() bool { return f.status().Ready })
	if state.Replaced != 2 {
		t.Errorf("%d whole tables, want the first and one after three failures", state.Replaced)
	}
	f.await("the gate opens", func() bool { return len(f.opened()) == 1 })
}

func TestAFailedFirstTableIsTriedAgain(t *testing.T) {
	fake := &datapath.Fake{}
	fake.Fail(errors.New("busy"))
	f := start(t, fake, nil)
	f.set(optedIn("a", 1))
	f.source.sync()
	state := f.awaitState("a first table", func(s datapath.FakeState) bool { return len(s.Table) == 1 })
	if state.Updated != 0 || state.Replaced != 1 {
		t.Errorf("after a failed Replace came something else than a Replace: %+v", state)
	}
}

func TestWantOfRoomIsSaidAndHealsWhenThereIsSome(t *testing.T) {
	fake := &datapath.Fake{Capacity: 1}
	f := start(t, fake, nil)
	f.set(optedIn("a", 1))
	f.source.sync()
	f.awaitState("a first table", func(s datapath.FakeState) bool { return len(s.Table) == 1 })
	f.set(optedIn("b", 2), daemon("b", "b-1", 2))
	f.await("an event", func() bool { return len(f.told()) > 0 })
	if told := f.told(); told[0] != "b MapFull uid-b" {
		t.Errorf("told %q", told)
	}
	f.await("the gate opens: the cluster's proxy waits for it", func() bool {
		return len(f.opened()) == 1 && f.opened()[0].Reason == gate.ReasonMapFull
	})
	if status := f.status(); !status.Ready || status.Table.WithoutRoom != 1 {
		t.Errorf("status is %+v", status)
	}
	for _, r := range f.agent.Routes() {
		if r.Routed != (r.Service == "a") {
			t.Errorf("%s is routed: %v", r.Service, r.Routed)
		}
	}
	f.apply(func(x *routes.Index) { x.DeleteService(named("a")) })
	f.awaitState("the other has the room", func(s datapath.FakeState) bool { return leadsTo(s.Table, frontend(2), 2) })
	f.await("the status says so", func() bool { return f.status().Table.WithoutRoom == 0 })
}

func TestARestartTellsNothingAndKeepsTheTable(t *testing.T) {
	fake := &datapath.Fake{}
	world := []any{optedIn("a", 1), daemon("a", "a-1", 1), optedIn("empty", 2)}
	first := start(t, fake, nil)
	first.set(world...)
	first.source.sync()
	before := first.awaitState("a first table", func(s datapath.FakeState) bool { return len(s.Table) == 2 })
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, fake, nil)
	second.set(world...)
	second.source.sync()
	after := second.awaitState("a second table", func(s datapath.FakeState) bool { return s.Replaced == before.Replaced+1 })
	if len(after.Table) != 2 || !leadsTo(after.Table, frontend(1), 1) {
		t.Errorf("table is %v", after.Table)
	}
	second.await("ready", func() bool { return second.status().Ready })
	if told := second.told(); len(told) > 0 {
		t.Errorf("a restart told %q", told)
	}
}

func TestASourceThatEndsEndsTheAgent(t *testing.T) {
	f := start(t, &datapath.Fake{}, nil)
	f.source.failed <- errors.New("forbidden for ever")
	if err := f.stop(); err == nil || !strings.Contains(err.Error(), "forbidden for ever") {
		t.Errorf("Run returned %v", err)
	}
}
