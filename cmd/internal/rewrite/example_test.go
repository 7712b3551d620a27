package rewrite_test

import (
	"encoding/json"
	"fmt"

	"github.com/inshore-dev/inshore/cmd/internal/rewrite"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

func ExampleFile() {
	text := []byte(`apiVersion: v1
kind: Service
spec:
  type: ClusterIP # never outside
  # the pods of the DaemonSet
  selector: {app: cache}
`)
	result := rewrite.File("service.yaml", text, []rewrite.Patch{{
		Operations: mutate.Patch{{Op: "add", Path: "/spec/internalTrafficPolicy", Value: json.RawMessage(`"Local"`)}},
	}})
	fmt.Print(rewrite.Diff("service.yaml", text, result.Edits))
	// Output:
	// --- a/service.yaml
	// +++ b/service.yaml
	// @@ -2,5 +2,6 @@
	//  kind: Service
	//  spec:
	//    type: ClusterIP # never outside
	// +  internalTrafficPolicy: Local
	//    # the pods of the DaemonSet
	//    selector: {app: cache}
}
