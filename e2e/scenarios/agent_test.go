package scenarios

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

func TestNodeAgent(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-agent", Nodes: 3, Proxy: cluster.ProxyNFTables})
	install(s, stage.OverlayEmbedded)
	s = s.withClients()
	s.run("kube-proxy alone loses requests in a rollout, and this many", rolloutWithoutAgent)

	if err := stage.AddAgent(s.ctx, s.c); err != nil {
		t.Fatal(err)
	}
	s.run("each agent routes by eBPF, and says so", func(s story) { s.routesBy("ebpf") })
	s.run("calls stay on their node from pods, hostNetwork pods and the node, by TCP and UDP, IPv4 and IPv6", staysHome)
	s.run("Services that nobody opted in are spread as before", leavesOthersAlone)
	s.run("inshore doctor finds nothing wrong, asking every agent", examined)
	s.run("rollouts of a server that dies at SIGTERM lose no request", rolloutWithoutLoss)
	s.run("connections that clients close within the drain lose nothing", closedInDrain)
	s.run("while the local pod cannot serve, calls are refused at once, or leave the node if they may", unready)
	s.run("the local pod is lost, and comes home", losesPods)
	s.run("a drained node refuses, or leaves the node if it may", drained)
	s.run("an agent's own token is good for its own node's pods, and for one condition of theirs", stolenToken)
	s.run("whatever happens to agents, no call fails", agentsComeAndGo)
	s.run("a rollout waits for a dead agent until a deadline, and no longer", staleAgent)
	s.run("nodes without kube-proxy", withoutProxy)
	s.run("by nftables", func(s story) { s.byDatapath("nftables", stalls) })
	s.run("by eBPF and nftables at once", func(s story) { s.byDatapath("both", 0) })
	s.run("with --scope=local, as SIG Network has it", asSIGNetworkHasIt)
	s.run("removed, it leaves nothing behind", removed)
}

// routesBy asks every agent what it routes by: with auto, the second best would pass many of these tests too.
func (s story) routesBy(datapath string) {
	s.Helper()
	want := []string{datapath}
	if datapath == "both" {
		want = []string{"ebpf", "nftables"}
	}
	for _, n := range s.c.Nodes() {
		var status struct {
			Datapath struct {
				Names  []string
				Reason string
			}
		}
		if err := json.Unmarshal([]byte(s.agentSays(n.Name, "status", "-o", "json")), &status); err != nil {
			s.Fatal(err)
		}
		for _, name := range want {
			if !slices.Contains(status.Datapath.Names, name) {
				s.Errorf("the agent on %s routes by %v (%s), want %v", n.Name, status.Datapath.Names, status.Datapath.Reason, want)
			}
		}
	}
}

// agentSays runs a subcommand of the agent in its pod.
func (s story) agentSays(node string, args ...string) string {
	s.Helper()
	agent, err := stage.AgentOn(s.ctx, s.c, node)
	if err != nil {
		s.Fatal(err)
	}
	return s.kubectl("", append([]string{"-n", agent.Namespace, "exec", agent.Name, "--", "/inshore-agent"}, args...)...)
}

// stalls are how many of a million connections may hang by nftables. Connection tracking, which eBPF at the socket
// does without, loses one now and then at this rate, also on nodes where nothing was being rolled: by nftables 3
// of 184,000 here and 11 of 259,000, by kube-proxy alone 8 of 191,000. That no request is refused or reset is the agent's to
// say, and holds for both.
const stalls = 500

// byDatapath switches the agents to another datapath and shows the same claims.
func (s story) byDatapath(datapath string, stalls int) {
	s.setAgents("INSHORE_DATAPATH=" + datapath)
	s.routesBy(datapath)
	e := s.echo(stage.Echo{Name: "by-" + datapath, ServiceAnnotations: required, DaemonSetAnnotations: required})
	s.settle(e, true)
	s.allAtHome(e)
	counts := s.roll(e, full, 0)
	hung := counts.Errors["timeout"].Count
	if lost := counts.Failed - hung; lost > 0 || counts.Home != counts.OK.Count {
		s.Errorf("%d requests were refused or reset, %d left their node; want none", lost, counts.OK.Count-counts.Home)
	}
	if hung*1_000_000 > stalls*counts.OK.Count {
		s.Errorf("%d of %d requests hung, want at most %d of a million", hung, counts.OK.Count, stalls)
	}
	s.setAgents("INSHORE_DATAPATH-")
}

// withClients puts clients into every place. They end with the story.
func (s story) withClients() story {
	s.Helper()
	begin := time.Now()
	clients, err := stage.StartClients(s.ctx, s.c)
	if err != nil {
		s.Fatal(err)
	}
	s.Logf("%d clients in %s", len(clients), time.Since(begin).Round(100*time.Millisecond))
	s.clients = clients
	return s
}

// from are the clients in a place.
func (s story) from(places ...stage.Place) []stage.Client {
	var some []stage.Client
	for _, client := range s.clients {
		for _, place := range places {
			if client.Place == place {
				some = append(some, client)
			}
		}
	}
	return some
}

// required are the words by which a team opts in.
var required = map[string]string{"inshore.dev/node-local": "required"}

// and adds words.
func and(words map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for key, value := range words {
		all[key] = value
	}
	for i := 0; i < len(more); i += 2 {
		all["inshore.dev/"+more[i]] = more[i+1]
	}
	return all
}

// echo starts servers that end with the test.
func (s story) echo(e stage.Echo) *stage.Echo {
	s.Helper()
	started, err := stage.StartEcho(s.ctx, s.c, e)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if s.Failed() {
			return // The evidence.
		}
		if err := started.Delete(s.ctx); err != nil {
			s.Error(err)
		}
	})
	return started
}

// targets are a Service's addresses, IPv4 first.
func (s story) targets(e *stage.Echo) []string {
	s.Helper()
	addresses, err := e.Addresses(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	var all []string
	for _, address := range addresses {
		all = append(all, address.String())
	}
	return all
}

// settle waits until every client is answered, by its own node if home says so.
func (s story) settle(e *stage.Echo, home bool) {
	s.Helper()
	if err := stage.Settle(s.ctx, s.clients, s.targets(e), home); err != nil {
		s.Fatal(err)
	}
}
