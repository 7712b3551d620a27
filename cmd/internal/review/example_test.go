package review_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/validate"
)

func ExampleRun() {
	ctx := context.Background()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	outcome, err := review.Run(ctx, review.Config{
		Rules:     validate.Rules{Engine: engine},
		Platform:  v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
		Namespace: "core",
		Stdin: strings.NewReader(`
apiVersion: v1
kind: Service
metadata:
  name: proxy
  annotations:
    inshore.dev/node-local: required
spec:
  clusterIP: None
  selector: {app: proxy}
`),
	}, []string{"-"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, result := range outcome.Report().Results {
		fmt.Println(result.Severity, result.ID, result.Kind, result.Namespace+"/"+result.Name, "line", result.Line)
	}
	// Output:
	// error ISH101 Service core/proxy line 9
}
