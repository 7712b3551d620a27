package mutate_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

func Example() {
	cluster := "Cluster"
	service := &input.Service{
		Metadata: input.Metadata{
			Name:        "mcrouter",
			Labels:      map[string]string{"app": "mcrouter"},
			Annotations: map[string]string{"inshore.dev/node-local": "required"},
		},
		Spec: input.ServiceSpec{
			Selector:              map[string]string{"app": "mcrouter"},
			InternalTrafficPolicy: &cluster,
		},
	}
	intent, errs := v1alpha1.Parse(v1alpha1.KindService, service.Metadata.Annotations)
	if len(errs) > 0 {
		fmt.Println(errs.ToAggregate())
		return
	}
	result := mutate.Service(service, nil, mutate.Own(intent), v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}})
	for _, change := range result.Changes[:2] {
		fmt.Printf("%s: %s -> %s\n", change.Field, change.From, change.To)
	}
	fmt.Printf("%s\n", result.Patch[:2].AppendJSON(nil))
	// Output:
	// spec.internalTrafficPolicy: "Cluster" -> "Local"
	// metadata.labels[inshore.dev/node-local]:  -> "required"
	// [{"op":"replace","path":"/spec/internalTrafficPolicy","value":"Local"},{"op":"add","path":"/metadata/labels/inshore.dev~1node-local","value":"required"}]
}
