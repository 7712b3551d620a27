package registration_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/webhook/registration"
)

func Example() {
	for _, webhook := range registration.Mutating() {
		fmt.Println(webhook.Name, webhook.Resource, webhook.FailurePolicy)
	}
	for _, webhook := range registration.Validating() {
		fmt.Println(webhook.Name, webhook.Resource, webhook.FailurePolicy)
	}
	// Output:
	// services.mutate.inshore.dev services Ignore
	// daemonsets.mutate.inshore.dev daemonsets Ignore
	// services.validate.inshore.dev services Fail
	// daemonsets.validate.inshore.dev daemonsets Fail
}
