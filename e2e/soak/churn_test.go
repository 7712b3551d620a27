//go:build soak

package soak

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/churn"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// writing is how long faults follow each other, at least; the round that is under way then is finished.
const writing = 10 * time.Minute

// TestSoakWritesWhileEverythingFails has every fault happen again and again under
// writes of opted-in objects. The account of each fault is over all its times.
func TestSoakWritesWhileEverythingFails(t *testing.T) {
	ctx := t.Context()
	c, err := cluster.Start(ctx, cluster.Config{Name: "soak-stream", Nodes: 3, Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("tearing the cluster down: %v", err)
		}
	})
	if err := stage.Install(ctx, c, stage.OverlayEmbedded); err != nil {
		t.Fatal(err)
	}
	flow, err := churn.New(ctx, churn.Config{REST: c.RESTConfig(), Clients: 6, Rate: 6, Tail: 200, Repair: 3 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	faults := append(churn.Faults(c), churn.RareFaults(c)...)
	times := make([][]*churn.Account, len(faults))
	for begin := time.Now(); time.Since(begin) < writing; {
		for i, fault := range faults {
			account := suffer(ctx, t, flow, fault)
			times[i] = append(times[i], account)
			t.Logf("%d. %s", len(times[i]), churn.Table([]*churn.Account{account}))
		}
	}
	var accounts []*churn.Account
	for i, fault := range faults {
		accounts = append(accounts, churn.Sum(fault.Name, times[i]))
	}
	t.Logf("%d times each:\n%s", len(times[0]), churn.Table(accounts))
	objects, err := flow.Verify(ctx)
	if err != nil {
		t.Errorf("in the end: %v", err)
	}
	t.Logf("%d objects in the end, each as its annotations ask for", objects)
}

func suffer(ctx context.Context, t *testing.T, flow *churn.Stream, fault churn.Fault) *churn.Account {
	t.Helper()
	account, err := flow.During(ctx, fault.Name, fault.Happen)
	if err != nil {
		t.Fatalf("%v\n%s", err, churn.Table([]*churn.Account{account}))
	}
	for _, problem := range fault.Problems(account) {
		t.Errorf("%s: %s", fault.Name, problem)
	}
	return account
}
