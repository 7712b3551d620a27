package v1alpha1_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func ExampleParse() {
	intent, errs := v1alpha1.Parse(v1alpha1.KindDaemonSet, map[string]string{
		"inshore.dev/node-local": "required",
		"inshore.dev/max-surge":  "10%",
		"inshore.dev/drain":      "15s",
	})
	fmt.Println(intent.NodeLocal, intent.MaxSurge, intent.DrainSeconds, len(errs))

	_, errs = v1alpha1.Parse(v1alpha1.KindDaemonSet, map[string]string{
		"inshore.dev/node-local": "requierd",
	})
	fmt.Println(errs[0])
	// Output:
	// required 10% 15 0
	// metadata.annotations[inshore.dev/node-local]: Unsupported value: "requierd": supported values: "required", "preferred", "disabled"; did you mean "required"?
}
