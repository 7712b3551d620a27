package scenarios

import (
	"time"

	"github.com/inshore-dev/inshore/e2e/churn"
)

// survivesFaults has teams create and update what they opted in, and try what a rule
// forbids, while everything that the webhook needs is restarted, killed or held.
func survivesFaults(s story) {
	flow, err := churn.New(s.ctx, churn.Config{
		REST: s.c.RESTConfig(), Clients: 4, Rate: 6, Tail: 60, Repair: 2 * time.Minute,
	})
	if err != nil {
		s.Fatal(err)
	}
	var accounts []*churn.Account
	for _, fault := range churn.Faults(s.c) {
		account, err := flow.During(s.ctx, fault.Name, fault.Happen)
		accounts = append(accounts, account)
		if err != nil {
			s.Errorf("%v", err)
			break
		}
		for _, problem := range fault.Problems(account) {
			s.Errorf("%s: %s", fault.Name, problem)
		}
	}
	s.Logf("writes while it happens:\n%s", churn.Table(accounts))
	objects, err := flow.Verify(s.ctx)
	if err != nil {
		s.Errorf("in the end: %v", err)
	}
	s.Logf("%d objects in the end, each as its annotations ask for", objects)
	if err := flow.Delete(s.ctx); err != nil {
		s.Error(err)
	}
}
