package manifest_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
)

func ExampleParse() {
	objects, problems := manifest.Parse("app.yaml", []byte(`
apiVersion: v1
kind: Service
metadata:
  name: proxy
spec:
  ports:
  - port: 11211
---
kind: Service
 apiVersion: v1
`))
	for _, object := range objects {
		fmt.Println(object.Kind, "at line", object.Line, "with its port at line", object.Positions().Line("spec.ports[0].port"))
	}
	for _, problem := range problems {
		fmt.Println(problem.Error())
	}
	// Output:
	// Service at line 2 with its port at line 8
	// app.yaml:11: not YAML: mapping values are not allowed in this context
}
