package audit_test

import (
	"context"
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/audit"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// A headless Service that opted in before the webhook was there.
func ExampleInspect() {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		panic(err)
	}
	service := &input.Service{
		Metadata: input.Metadata{
			Namespace: "core", Name: "mcrouter", Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: "required"},
		},
		Spec: input.ServiceSpec{ClusterIP: "None", Selector: map[string]string{"app": "mcrouter"}},
	}
	store := &related.Store{}
	store.PutService(service)
	platform := v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}
	inspection := audit.Inspect(context.Background(), validate.Rules{Engine: engine}, platform, store, service)
	for _, result := range inspection.Decision.Errors() {
		fmt.Println(result.ID, result.Field)
	}
	// Output: ISH101 spec.clusterIP
}
