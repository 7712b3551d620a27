package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// steady is load that leaves the processors to what is being done to the agents meanwhile.
var steady = stage.Order{Name: "steady", Mode: "tcp", Workers: 2, Pause: time.Millisecond, Limit: 10 * time.Second}

// What the agent is upgraded to: a binary that differs in its version.
const (
	nextVersion = "v0.2.0"
	nextImage   = "ghcr.io/inshore-dev/inshore-agent:" + nextVersion
)

// agentsComeAndGo is everything that may happen to an agent while its node's calls go on.
func agentsComeAndGo(s story) {
	if err := stage.LoadAgent(s.ctx, s.c, nextImage, nextVersion); err != nil {
		s.Fatal(err)
	}
	e := s.echo(stage.Echo{Name: "kept", ServiceAnnotations: required, DaemonSetAnnotations: required})
	s.settle(e, true)
	for _, part := range []struct {
		sentence string
		happen   func(story)
	}{
		{"killed with no time to say goodbye", killAgents},
		{"restarted", restartAgents},
		{"upgraded", upgradeAgents},
		{"a minute without an API server, in which an agent is killed", loseAPIServer},
	} {
		s.run(part.sentence, func(s story) {
			tcp, udp := s.storm(steady, e), s.storm(stage.Order{Name: "udp", Mode: "sendto", Workers: 1, Pause: 5 * time.Millisecond}, e)
			part.happen(s)
			for mode, storm := range map[string]*stage.Storm{"tcp": tcp, "udp": udp} {
				counts := s.over(storm)
				s.Logf("%s: %s", mode, counts)
				if counts.Failed > 0 || counts.Home != counts.OK.Count || counts.OK.Count == 0 {
					s.Errorf("%s: %d failed, %d left their node; want none", mode, counts.Failed, counts.OK.Count-counts.Home)
				}
			}
		})
	}
}

// agentProcess is the agent's process id on its node, empty if none runs.
func (s story) agentProcess(n *cluster.Node) string {
	s.Helper()
	out, err := n.Exec(s.ctx, "pidof", "inshore-agent")
	if err != nil {
		return "" // pidof found none.
	}
	return strings.TrimSpace(out)
}

func (s story) killAgent(n *cluster.Node) {
	s.Helper()
	pid := s.agentProcess(n)
	if pid == "" {
		s.Fatalf("no agent runs on %s", n.Name)
	}
	if _, err := n.Exec(s.ctx, "kill", "-9", pid); err != nil {
		s.Fatal(err)
	}
	s.wait("the agent to be started again on "+n.Name, func() (bool, string) {
		now := s.agentProcess(n)
		return now != "" && now != pid, now
	})
}

func killAgents(s story) {
	for _, n := range s.c.Nodes() {
		s.killAgent(n)
	}
	s.agentsReady()
}

func restartAgents(s story) {
	s.kubectl("", "-n", v1alpha1.AgentNamespace, "rollout", "restart", "daemonset/inshore-agent")
	s.agentsReady()
}

// upgradeAgents goes to a binary of another version and stays there.
func upgradeAgents(s story) {
	s.kubectl("", "-n", v1alpha1.AgentNamespace, "set", "image", "daemonset/inshore-agent", "agent="+nextImage)
	s.agentsReady()
	for _, n := range s.c.Nodes() {
		says := s.agentSays(n.Name, "version")
		if !strings.Contains(says, nextVersion) {
			s.Errorf("the agent on %s is %q, want %s", n.Name, says, nextVersion)
		}
	}
}

// loseAPIServer has the API server gone for a minute. An agent that starts in that minute knows nothing of the
// cluster, and must not take that for the truth.
func loseAPIServer(s story) {
	restart, err := s.c.KillComponent(s.ctx, s.c.ControlPlane(), "kube-apiserver")
	if err != nil {
		s.Fatal(err)
	}
	back := time.After(time.Minute)
	s.killAgent(s.c.Nodes()[0])
	select {
	case <-s.ctx.Done():
		s.Fatal(s.ctx.Err())
	case <-back:
	}
	if err := restart(); err != nil {
		s.Fatal(err)
	}
	s.wait("the API server to be back", func() (bool, string) {
		out, err := s.c.Kubectl(s.ctx, "", "get", "--raw", "/readyz")
		return err == nil, fmt.Sprint(out, err)
	})
	s.agentsReady()
}

// agentsReady waits for the rollout of the agents, and for all of them to be ready: a kill is no rollout.
func (s story) agentsReady() {
	s.Helper()
	if err := stage.WaitAgents(s.ctx, s.c); err != nil {
		s.Fatal(err)
	}
	if _, err := s.c.WaitPodsReady(s.ctx, v1alpha1.AgentNamespace, "app.kubernetes.io/name=inshore-agent", len(s.c.Nodes()), 2*time.Minute); err != nil {
		s.Fatal(err)
	}
}

// setAgents sets variables of the agents' environment, which are their flags, and waits until all have them.
func (s story) setAgents(variables ...string) {
	s.Helper()
	s.kubectl("", append([]string{"-n", v1alpha1.AgentNamespace, "set", "env", "daemonset/inshore-agent"}, variables...)...)
	s.agentsReady()
}
