package bundle_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/policies/bundle"
)

func ExampleRead() {
	written, err := bundle.New(map[string]string{"acme/rule.rego": "package acme.rule\n"})
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := written.Write(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := bundle.Read(data, nil)
	fmt.Println(read.Paths(), read.Digest == written.Digest, err)

	_, err = bundle.Read(data[:100], nil)
	fmt.Println(err != nil)
	// Output:
	// [acme/rule.rego] true <nil>
	// true
}
