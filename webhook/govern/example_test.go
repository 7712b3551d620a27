package govern_test

import (
	"context"
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/validate"
)

func Example() {
	policy := &v1alpha1.NodeLocalPolicy{}
	policy.Name = "everyone"
	policy.Spec.Enforcement = v1alpha1.EnforcementEnforce
	policy.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	engine, err := policies.New(policies.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rules := validate.Rules{Engine: engine, Enforcement: enforcement.New([]*v1alpha1.NodeLocalPolicy{policy})}

	store := &related.Store{}
	daemonSet := &input.DaemonSet{Metadata: input.Metadata{Name: "mcrouter", Namespace: "core"}}
	daemonSet.Spec.Template.Metadata.Labels = map[string]string{"app": "mcrouter"}
	store.PutDaemonSet(daemonSet)
	service := &input.Service{Metadata: input.Metadata{Name: "mcrouter", Namespace: "core"}}
	service.Spec.Selector = map[string]string{"app": "mcrouter"}

	request := govern.Request{
		Object: service, Operation: input.OperationCreate, Namespace: store.Namespace("core"),
		Platform: v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}, Related: store.For,
	}
	created, _ := govern.Mutate(context.Background(), rules, &request)
	fmt.Println("created:", created.Changes[0].Field, string(created.Changes[0].To))

	request.Operation, request.OldObject = input.OperationUpdate, service
	applied, _ := govern.Mutate(context.Background(), rules, &request)
	fmt.Println("applied:", len(applied.Changes), "changes")

	fmt.Println("stored: ", govern.Target(context.Background(), rules, &request).Standing)
	// Output:
	// created: spec.internalTrafficPolicy "Local"
	// applied: 0 changes
	// stored:  Pending
}
