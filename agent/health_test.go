package agent

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// bird is a canary whose health a test decides.
type bird struct {
	mu    sync.Mutex
	err   error
	tries int
}

func (b *bird) sing(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	return b.err
}

func (b *bird) set(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func TestTheCanaryDecidesReadiness(t *testing.T) {
	fake, canary := &datapath.Fake{}, &bird{}
	now := clocktesting.NewFakeClock(time.Unix(1000, 0))
	f := start(t, fake, func(c *Config) { c.Canary, c.Clock = canary.sing, now })
	step := func(what string, condition func() bool) {
		t.Helper()
		f.await(what, func() bool {
			if now.HasWaiters() {
				now.Step(time.Second)
			}
			return condition()
		})
	}
	f.source.sync()
	step("ready", func() bool { return f.status().Ready })
	replaced := f.awaitState("a table", func(s datapath.FakeState) bool { return s.Replaced > 0 }).Replaced

	canary.set(errors.New("landed elsewhere"))
	step("not ready", func() bool { return !f.status().Ready })
	if problems := f.status().Problems; !strings.Contains(problems[0], "landed elsewhere") {
		t.Errorf("problems are %q", problems)
	}
	step("the table is written again", func() bool { s, _ := fake.State(); return s.Replaced > replaced })
	canary.set(nil)
	step("ready again", func() bool { return f.status().Ready })
}

func TestTheCanaryIsNotTriedBeforeThereIsATable(t *testing.T) {
	fake, canary := &datapath.Fake{}, &bird{}
	release := fake.Hold()
	f := start(t, fake, func(c *Config) { c.Canary = canary.sing })
	f.source.sync()
	f.awaitState("a table that is held", func(s datapath.FakeState) bool { return s.Waiting == 1 })
	canary.mu.Lock()
	tries := canary.tries
	canary.mu.Unlock()
	if tries > 0 {
		t.Error("the canary sang before the first table")
	}
	release()
	f.await("ready", func() bool { return f.status().Ready })
}

func TestTheDatapathIsRenewedAlsoWhileTheAPIServerIsAway(t *testing.T) {
	var renewals atomic.Int64
	now := clocktesting.NewFakeClock(time.Unix(1000, 0))
	f := start(t, &datapath.Fake{}, func(c *Config) {
		c.Renew, c.RenewPeriod, c.Clock = func() error { renewals.Add(1); return errors.New("said, not fatal") }, time.Minute, now
	})
	renewedAgain := func() bool {
		before := renewals.Load()
		f.await("a renewal", func() bool {
			if now.HasWaiters() {
				now.Step(time.Second)
			}
			return renewals.Load() > before
		})
		return true
	}
	renewedAgain() // Nothing has been listed.
	f.source.sync()
	f.await("ready", func() bool {
		if now.HasWaiters() {
			now.Step(time.Second)
		}
		return f.status().Ready
	})
	renewedAgain() // Nothing changes.
}

func TestCountersAreSummedByService(t *testing.T) {
	fake := &datapath.Fake{}
	f := start(t, fake, nil)
	two := optedIn("a", 1)
	two.Ports = append(two.Ports, routes.ServicePort{Name: "admin", Protocol: routes.TCP, Port: 81})
	f.set(two, optedIn("b", 2))
	f.source.sync()
	f.await("ready", func() bool { return f.status().Ready })
	admin := frontend(1)
	admin.Port = 81
	fake.Count(frontend(1), datapath.Counters{Local: 3, Refused: 1})
	fake.Count(admin, datapath.Counters{Local: 4, Fallback: 2})
	fake.Count(frontend(9), datapath.Counters{Local: 100}) // Of no Service any more.
	var text strings.Builder
	if err := f.agent.WriteConnections(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# TYPE inshore_agent_connections_total counter\n",
		`inshore_agent_connections_total{namespace="core",service="a",result="local"} 7` + "\n",
		`inshore_agent_connections_total{namespace="core",service="a",result="fallback"} 2` + "\n",
		`inshore_agent_connections_total{namespace="core",service="a",result="refused"} 1` + "\n",
		`inshore_agent_connections_total{namespace="core",service="b",result="dropped"} 0` + "\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no line %q in:\n%s", want, &text)
		}
	}
	if n := strings.Count(text.String(), "\n"); n != 2+2*4 {
		t.Errorf("%d lines:\n%s", n, &text)
	}
}

func TestAnEventComesWithEachTransition(t *testing.T) {
	f := start(t, &datapath.Fake{}, nil)
	f.set(optedIn("a", 1), daemon("a", "a-1", 1))
	f.source.sync()
	f.await("ready", func() bool { return f.status().Ready })
	f.apply(func(x *routes.Index) { x.DeletePod(named("a-1")) })
	f.await("an event", func() bool { return len(f.told()) == 1 })
	f.set(daemon("a", "a-2", 2))
	f.await("another", func() bool { return len(f.told()) == 2 })
	if told := f.told(); told[0] != "a NoLocalEndpoint uid-a" || told[1] != "a LocalEndpointBack uid-a" {
		t.Errorf("told %q", told)
	}
	if status := f.status(); status.Table.Local != 1 || status.Table.Services != 1 || status.Table.Committed == nil {
		t.Errorf("table is %+v", status.Table)
	}
}
