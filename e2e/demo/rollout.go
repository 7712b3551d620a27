package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// full is full rate: a new connection for each request, none made twice.
var full = stage.Order{Name: "full", Mode: "tcp", Workers: 4, Limit: 10 * time.Second}

// alone rolls a daemon out under load by what Kubernetes has: the Service's policy, the surge, and kube-proxy.
func (d *Demo) alone(ctx context.Context) error {
	d.title("A rollout under full load, first with kube-proxy alone: the daemon dies at SIGTERM")
	clients, err := stage.StartClients(ctx, d.cluster)
	if err != nil {
		return err
	}
	for _, client := range clients {
		if client.Place != stage.InHostNetwork {
			d.clients = append(d.clients, client)
		}
	}
	words := map[string]string{"inshore.dev/node-local": "required"}
	d.daemon, err = stage.StartEcho(ctx, d.cluster, stage.Echo{Name: "daemon", ServiceAnnotations: words, DaemonSetAnnotations: words})
	if err != nil {
		return err
	}
	counts, err := d.rollout(ctx)
	if err != nil {
		return err
	}
	if counts.OK.Count == 0 {
		return errors.New("no request was answered")
	}
	d.withoutAgent = counts
	return nil
}

// withAgent adds the node agent and does the same again. The agent's readiness gate comes into the pods with
// this rollout.
func (d *Demo) withAgent(ctx context.Context) error {
	d.title("Add the node agent, and the same rollout under the same load")
	d.say("$ kubectl apply -k manifests/overlays/agent")
	if err := stage.AddAgent(ctx, d.cluster); err != nil {
		return err
	}
	if err := d.kubectl(ctx, "-n", "inshore-agent", "get", "pods", "-o", "wide"); err != nil {
		return err
	}
	counts, err := d.rollout(ctx)
	if err != nil {
		return err
	}
	d.say("")
	for _, line := range []struct {
		what   string
		counts stage.Counts
	}{{"kube-proxy alone", d.withoutAgent}, {"with the node agent", counts}} {
		d.say("%-20s %7d requests, %5d failed", line.what, line.counts.OK.Count+line.counts.Failed, line.counts.Failed)
	}
	if counts.Failed > 0 || counts.Home != counts.OK.Count {
		return fmt.Errorf("with the agent %d requests failed and %d left their node, want none: %s",
			counts.Failed, counts.OK.Count-counts.Home, counts)
	}
	return nil
}

// rollout replaces the daemon's pods on all nodes while clients on all nodes call it.
func (d *Demo) rollout(ctx context.Context) (stage.Counts, error) {
	addresses, err := d.daemon.Addresses(ctx)
	if err != nil {
		return stage.Counts{}, err
	}
	var targets []string
	for _, address := range addresses {
		targets = append(targets, address.String())
	}
	if err := stage.Settle(ctx, d.clients, targets, true); err != nil {
		return stage.Counts{}, err
	}
	storm, err := stage.StartStorm(ctx, d.clients, full, targets...)
	if err != nil {
		return stage.Counts{}, err
	}
	d.say("$ kubectl -n %s rollout restart daemonset/%s   # with %d clients calling it", stage.EchoNamespace, d.daemon.Name, len(d.clients))
	failed := d.daemon.Rollout(ctx)
	counts, err := storm.Stop(ctx)
	if err := errors.Join(failed, err); err != nil {
		return counts, err
	}
	summary, _, _ := strings.Cut(counts.String(), "\n")
	d.say("%s", summary)
	return counts, nil
}
