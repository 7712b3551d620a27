package bundles_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/webhook/bundles"
)

func ExampleSelector() {
	fmt.Println(bundles.Selector())
	_, err := bundles.NewHTTP(bundles.HTTPConfig{URL: "https://rules.example/bundle.tar.gz"})
	fmt.Println(err)
	// Output:
	// inshore.dev/policy=true
	// a bundle from a server must be signed: a key is missing
}
