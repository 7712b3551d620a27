package related_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

func ExampleStore_For() {
	var store related.Store
	store.PutDaemonSet(&input.DaemonSet{
		Metadata: input.Metadata{Namespace: "core", Name: "mcrouter"},
		Spec: input.DaemonSetSpec{Template: input.PodTemplate{
			Metadata: input.PodTemplateMetadata{Labels: map[string]string{"app": "mcrouter"}},
		}},
	})
	behind := store.For(&input.Service{
		Metadata: input.Metadata{Namespace: "core", Name: "mcrouter"},
		Spec:     input.ServiceSpec{Selector: map[string]string{"app": "mcrouter"}},
	})
	fmt.Println(behind.DaemonSets[0].Metadata.Name)
	// Output: mcrouter
}
