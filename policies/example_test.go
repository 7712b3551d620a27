package policies_test

import (
	"context"
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

func ExampleEngine_Evaluate() {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	decision := engine.Evaluate(context.Background(), &input.Document{
		Object: &input.Service{
			Metadata: input.Metadata{Namespace: "core", Name: "mcrouter"},
			Spec:     input.ServiceSpec{ClusterIP: "None"},
		},
		Operation: input.OperationCreate,
		Intent:    v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalRequired},
	})
	for _, result := range decision.Results {
		fmt.Println(result.Severity, result.ID, result.Field)
		fmt.Println(result.Message)
	}
	// Output:
	// error ISH101 spec.clusterIP
	// Service core/mcrouter is headless: clients get the pods' addresses from DNS and connect to any node's pod.
}
