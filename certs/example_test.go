package certs_test

import (
	"fmt"
	"time"

	"github.com/inshore-dev/inshore/certs"
)

// Durations that a rotation could not finish in are refused at the start, not
// noticed when the certificate expires.
func ExampleDurations_Validate() {
	durations := certs.DefaultDurations
	fmt.Println(durations.Validate())
	durations.Leaf = 5 * time.Minute
	fmt.Println(durations.Validate())
	// Output:
	// <nil>
	// --cert-duration is 5m0s: at least 10m0s, four times --ca-propagation and --cert-interval
}
