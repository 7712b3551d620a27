package churn

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// replica is the webhook's process on a node.
type replica struct {
	node *cluster.Node
	pid  string
}

func (f faults) replicas(ctx context.Context) ([]replica, error) {
	var all []replica
	for _, n := range f.c.Nodes() {
		out, err := n.Exec(ctx, "pidof", "inshore-webhook")
		if err != nil {
			continue // pidof found none.
		}
		for pid := range strings.FieldsSeq(out) {
			all = append(all, replica{n, pid})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no replica of the webhook runs on any node")
	}
	return all, nil
}

func (r replica) signal(ctx context.Context, name string) error {
	if _, err := r.node.Exec(ctx, "kill", "-"+name, r.pid); err != nil {
		return fmt.Errorf("send %s to the webhook on %s: %w", name, r.node.Name, err)
	}
	return nil
}

func (f faults) killInTurn(ctx context.Context) error {
	all, err := f.replicas(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := f.kill(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (f faults) killAll(ctx context.Context) error {
	all, err := f.replicas(ctx)
	if err != nil {
		return err
	}
	return f.kill(ctx, all...)
}

// kill ends replicas without a chance to say goodbye, and waits until they were started again and are ready.
func (f faults) kill(ctx context.Context, replicas ...replica) error {
	before, err := f.restarts(ctx)
	if err != nil {
		return err
	}
	for _, r := range replicas {
		if err := r.signal(ctx, "KILL"); err != nil {
			return err
		}
	}
	err = cluster.Wait(ctx, "the killed replicas to be started again", recovery, func(ctx context.Context) (bool, string, error) {
		now, err := f.restarts(ctx)
		return err == nil && now >= before+len(replicas), fmt.Sprintf("%d restarts, %d before, %v", now, before, err), nil
	})
	if err != nil {
		return err
	}
	return stage.WaitInstalled(ctx, f.c)
}

// restarts are those of all replicas together.
func (f faults) restarts(ctx context.Context) (sum int, err error) {
	out, err := f.c.Kubectl(ctx, "", "-n", stage.Namespace, "get", "pods", "-l", "app.kubernetes.io/name=inshore-webhook",
		"-o", "jsonpath={.items[*].status.containerStatuses[0].restartCount}")
	if err != nil {
		return 0, fmt.Errorf("count the webhook's restarts: %w", err)
	}
	for field := range strings.FieldsSeq(out) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("count the webhook's restarts: %w", err)
		}
		sum += n
	}
	return sum, nil
}

// hang has one replica keep its connections and answer nobody.
func (f faults) hang(ctx context.Context) error {
	all, err := f.replicas(ctx)
	if err != nil {
		return err
	}
	if err := all[0].signal(ctx, "STOP"); err != nil {
		return err
	}
	waited := wait(ctx, Stall)
	if err := all[0].signal(context.WithoutCancel(ctx), "CONT"); err != nil {
		return err
	}
	return waited
}
