package enforcement_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
)

func ExampleSet_For() {
	everyone, core := &v1alpha1.NodeLocalPolicy{}, &v1alpha1.NodeLocalPolicy{}
	everyone.Name, core.Name = "everyone", "core"
	everyone.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalPreferred}
	core.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	core.Spec.Priority = 10

	set := enforcement.New([]*v1alpha1.NodeLocalPolicy{everyone, core})
	service := &input.Service{Spec: input.ServiceSpec{Selector: map[string]string{"app": "mcrouter"}}}
	holds := set.For(service, input.Namespace{Name: "core"}, func() input.Related {
		return input.Related{DaemonSets: []*input.DaemonSet{{}}}
	})
	fmt.Println(holds.Name, holds.Record(v1alpha1.KindService))
	// Output: core {"policy":"core","words":{"node-local":"required"}}
}
