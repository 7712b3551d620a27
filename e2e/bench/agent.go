package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/machine"
)

// agent is a node agent, as a program of its node.
type agent struct {
	binary string
	cmd    *exec.Cmd
	log    *os.File
	// ended is closed when it has.
	ended chan struct{}
}

// startAgents starts the agents, from this checkout.
func (b *bench) startAgents(ctx context.Context) error {
	// For their Leases.
	if err := b.createNamespace(ctx, v1alpha1.AgentNamespace); err != nil {
		return err
	}
	binary, err := b.Agent, error(nil)
	if binary == "" {
		binary, err = cluster.BuildGo(ctx, "./cmd/inshore-agent")
	}
	if err != nil {
		return err
	}
	for _, p := range b.places {
		if p.datapath == "" {
			continue
		}
		if p.agent, err = b.startAgent(p, binary); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) startAgent(p *place, binary string) (*agent, error) {
	root, err := cgroupRoot(p.node)
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp("", "inshore-agent")
	if err != nil {
		return nil, fmt.Errorf("create the agent's log: %w", err)
	}
	// Nameless: it goes with this process, however that ends.
	if err := os.Remove(log.Name()); err != nil {
		return nil, fmt.Errorf("unlink the agent's log: %w", err)
	}
	a := &agent{binary: binary, log: log, ended: make(chan struct{})}
	// Not the caller's context: it ends with its machine.
	a.cmd = p.node.Command(context.Background(), binary,
		"--kubeconfig", b.cluster.InsideKubeconfig(), "--node-name", p.node.Name,
		"--datapath", p.datapath, "--cgroup-root", root)
	a.cmd.Stdout, a.cmd.Stderr = log, log
	if err := p.node.Start(a.cmd); err != nil {
		return nil, fmt.Errorf("start the agent on %s: %w", p.node.Name, err)
	}
	go func() {
		_ = a.cmd.Wait()
		close(a.ended)
	}()
	return a, nil
}

// cgroupRoot is where a node, whose view of its cgroups begins at its own folder,
// has the hierarchy of version 2.
func cgroupRoot(n *cluster.Node) (string, error) {
	mounts, err := n.ReadFile("/proc/1/mountinfo")
	if err != nil {
		return "", fmt.Errorf("read the mounts of %s: %w", n.Name, err)
	}
	hierarchies, err := machine.Hierarchies(string(mounts))
	if err != nil {
		return "", fmt.Errorf("cgroups of %s: %w", n.Name, err)
	}
	return hierarchies[slices.IndexFunc(hierarchies, machine.Hierarchy.Unified)].Path, nil
}

// kill ends the agent; what it put into the kernel stays.
func (a *agent) kill() error {
	if err := a.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the agent: %w", err)
	}
	<-a.ended
	return nil
}

// lastWords are the last lines of its log.
func (a *agent) lastWords() string {
	const most = 5
	text, err := io.ReadAll(io.NewSectionReader(a.log, 0, math.MaxInt64))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(len(lines)-most, 0):], "\n")
}

// agentEntries counts the Services in bulk that an agent has put into the kernel.
func (b *bench) agentEntries(ctx context.Context, p *place) (int, error) {
	if p.arm == NFTables {
		out, err := p.node.Exec(ctx, "nft", "list", "set", "inet", "inshore", "claimed4")
		return strings.Count(out, fmt.Sprintf(". tcp . %d", servicePort)), err
	}
	out, err := p.node.Exec(ctx, p.agent.binary, "routes", "--from=datapath", "-o", "json")
	if err != nil {
		return 0, err
	}
	var routes []introspect.Route
	if err := json.Unmarshal([]byte(out), &routes); err != nil {
		return 0, fmt.Errorf("decode the routes of %s: %w", p.node.Name, err)
	}
	entries := 0
	for _, r := range routes {
		if r.Frontend.Port() == servicePort && len(r.Local) > 0 {
			entries++
		}
	}
	return entries, nil
}
