package input_test

import (
	"encoding/json"
	"fmt"

	"github.com/inshore-dev/inshore/policies/input"
)

// A projection keeps what mutation and rules read, and skips the rest.
func ExampleService() {
	var service input.Service
	err := json.Unmarshal([]byte(`{
		"metadata": {"name": "cache", "resourceVersion": "7"},
		"spec": {"internalTrafficPolicy": "Local", "ipFamilyPolicy": "SingleStack"}
	}`), &service)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(service.Kind(), service.Meta().Name, *service.Spec.InternalTrafficPolicy)
	// Output: Service cache Local
}
