package nftables

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/nftables"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// TestANewAgentTakesOverUnderTraffic: no connection is lost while one agent
// follows the other, and what was there stays if it may.
func TestANewAgentTakesOverUnderTraffic(t *testing.T) {
	for name, test := range map[string]struct {
		between func(*testing.T, *Datapath)
		// kept is whether totals go on from before.
		kept bool
	}{
		"same layout: by the difference":           {between: func(*testing.T, *Datapath) {}, kept: true},
		"another layout: anew, in one transaction": {between: renameLayout},
		"rules are missing: anew":                  {between: func(t *testing.T, d *Datapath) { takeRulesAway(t, d, "once more") }},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.server.serve("server", 8080)
			n.other.serve("other", 8080)
			n.proxy(t, proxies["kube-proxy's nftables mode"])
			table, f := local4and6(), frontend(serviceV4, routes.TCP)
			first := open(t, n, Config{})
			replace(t, first, table)
			calls := n.startCalling()
			calls.wait(10)
			test.between(t, first)
			second := open(t, n, Config{})
			extra := frontend(anotherV4, routes.TCP)
			table[extra] = routes.Route{}
			replace(t, second, table)
			calls.wait(10)
			counts := calls.stop()
			if len(counts) != 1 || counts["server"] == 0 {
				t.Errorf("calls by who answered: %v, want the server only", counts)
			}
			totals, err := second.Counters()
			if err != nil {
				t.Fatal(err)
			}
			if got := int(totals[f].Local); got == 0 || (got == counts["server"]) != test.kept {
				t.Errorf("%d flows counted of %d; want all of them: %t", got, counts["server"], test.kept)
			}
			if got := n.client.call(wasRefused, "tcp", anotherV4); got != wasRefused {
				t.Errorf("what the second agent added: %s, want %s", got, wasRefused)
			}
		})
	}
}

// renameLayout makes the table look like another version's.
func renameLayout(t *testing.T, d *Datapath) {
	mark := d.layout.chains[len(d.layout.chains)-1]
	d.conn.DelChain(mark)
	d.conn.AddChain(&nftables.Chain{Table: d.layout.table, Name: "layout-of-yore"})
	if err := d.conn.Flush(); err != nil {
		t.Fatal(err)
	}
}

// calls are made to the Service, one after the other, until stop.
type calls struct {
	mu     sync.Mutex
	cond   *sync.Cond
	total  int
	ended  bool
	done   bool
	counts map[string]int
}

func (n *node) startCalling() *calls {
	c := &calls{counts: map[string]int{}}
	c.cond = sync.NewCond(&c.mu)
	go n.client.in(func() {
		for ended := false; !ended; {
			who, _, _ := strings.Cut(callHere("tcp", serviceV4, generous), " ")
			c.mu.Lock()
			c.counts[who]++
			c.total++
			ended = c.ended
			c.done = ended
			c.mu.Unlock()
			c.cond.Broadcast()
		}
	})
	return c
}

// wait waits for that many more calls to end.
func (c *calls) wait(more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for enough := c.total + more; c.total < enough; {
		c.cond.Wait()
	}
}

// stop returns how many calls were answered by whom.
func (c *calls) stop() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.ended = true; !c.done; {
		c.cond.Wait()
	}
	return c.counts
}

// TestATableThatSomebodyDeletedComesBack with the next update.
func TestATableThatSomebodyDeletedComesBack(t *testing.T) {
	n := newNode(t)
	n.server.serve("server", 8080)
	d := open(t, n, Config{})
	replace(t, d, local4and6())
	n.in(func() {
		if out, err := exec.Command("nft", "flush", "ruleset").CombinedOutput(); err != nil {
			t.Errorf("flushing: %v\n%s", err, out)
		}
	})
	change(t, d, frontend(anotherV4, routes.TCP), &routes.Route{})
	if got, want := n.client.call("server", "tcp", serviceV6), "server fd01::2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := n.client.call(wasRefused, "tcp", anotherV4); got != wasRefused {
		t.Errorf("%s, want %s", got, wasRefused)
	}
}

func TestFlowsAreCountedByWhatBecameOfThem(t *testing.T) {
	n := newNode(t)
	n.server.serve("server", 8080)
	n.other.serve("other", 8080)
	d := open(t, n, Config{})
	f := frontend(serviceV4, routes.TCP)
	replace(t, d, routes.Table{f: {Local: to("10.1.2.2:8080")}})
	for i, step := range []struct {
		route routes.Route
		calls int
	}{
		{routes.Route{Local: to("10.1.2.2:8080")}, 3},
		{routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback, Fallback: to("10.1.3.2:8080")}, 2},
		{routes.Route{}, 4},
		{routes.Route{Local: to("10.1.2.2:8080")}, 1},
	} {
		change(t, d, f, &step.route)
		for range step.calls {
			n.client.call("an answer", "tcp", serviceV4)
		}
		if i == 1 { // Another agent goes on counting.
			d = open(t, n, Config{})
			replace(t, d, routes.Table{f: step.route})
		}
	}
	totals, err := d.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := totals[f], (datapath.Counters{Local: 4, Fallback: 2, Refused: 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	change(t, d, f, &routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop})
	n.client.call(wasSilent, "tcp", serviceV4)
	if totals, err = d.Counters(); err != nil {
		t.Fatal(err)
	}
	if totals[f].Dropped == 0 {
		t.Error("nothing counted as dropped")
	}
	change(t, d, f, nil)
	if totals, err = d.Counters(); err != nil || len(totals) != 0 {
		t.Errorf("of a frontend that is gone: %v, %v; want nothing", totals, err)
	}
}

// TestUpdatesEndWhereTheyWouldFromScratch: whatever the order of updates, the
// kernel's elements are those of the table that they lead to.
func TestUpdatesEndWhereTheyWouldFromScratch(t *testing.T) {
	n := newNode(t)
	d := open(t, n, Config{})
	replace(t, d, nil)
	random := rand.New(rand.NewPCG(1, 2))
	table := routes.Table{}
	for round := range 100 {
		var changes []routes.Change
		for range 1 + random.IntN(5) {
			f := frontend(fmt.Sprintf("10.96.0.%d:80", random.IntN(8)), routes.TCP)
			if random.IntN(5) == 0 {
				delete(table, f)
				changes = append(changes, routes.Change{Frontend: f})
				continue
			}
			r := flips[random.IntN(len(flips))]
			if random.IntN(3) == 0 {
				r = routes.Route{Behaviour: []v1alpha1.NoLocalEndpoint{"", v1alpha1.NoLocalEndpointDrop}[random.IntN(2)]}
			}
			table[f] = r
			changes = append(changes, routes.Change{Frontend: f, Route: &r})
		}
		if err := d.Update(context.Background(), changes); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if d.dirty {
			t.Fatalf("round %d: the kernel refused the difference", round)
		}
		if round%10 != 9 {
			continue
		}
		difference, err := d.difference()
		if err != nil {
			t.Fatal(err)
		}
		if len(difference.insert)+len(difference.delete) > 0 {
			t.Fatalf("round %d: the kernel lacks %v and has %v too many", round, difference.insert, difference.delete)
		}
	}
	if used, _ := d.Size(); used != len(table) {
		t.Errorf("%d frontends, want %d", used, len(table))
	}
}
