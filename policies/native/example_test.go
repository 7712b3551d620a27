package native_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/native"
)

func ExampleRender() {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		panic(err)
	}
	rendered, err := native.Render(native.Config{
		Rules:    engine.Rules(),
		Platform: v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
	})
	if err != nil {
		panic(err)
	}
	for _, rule := range rendered.Rules {
		if rule.ID == "ISH201" || rule.ID == "ISH301" {
			fmt.Println(rule.ID, rule.Expressed)
		}
	}
	// Output:
	// ISH201 true
	// ISH301 false
}
